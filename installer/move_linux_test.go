package installer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith/sim/netlab"
)

// until waits until something is so that a person would see.
func (r *root) until(what string, so func() bool) {
	r.t.Helper()
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("waited for %s; the status is\n%s", what, r.anna("kith", "status"))
		}
	}
}

// sees reports whether another device is there, connected or not.
func (r *root) sees(name string, connected bool) bool {
	for _, d := range r.picture().Devices {
		if d.Name == name && (d.Connected || !connected) {
			return true
		}
	}
	return false
}

// holds returns what a file in anna's home holds; empty: it is not there.
func (r *root) holds(name string) string {
	text, _ := os.ReadFile(filepath.Join(r.dir, "home/anna", name))
	return strings.TrimSpace(string(text))
}

// refused has anna run kith, which has to fail and to say all that is wanted.
func (r *root) refused(want []string, args ...string) {
	r.t.Helper()
	said, err := r.command("anna", append([]string{"kith"}, args...)...).CombinedOutput()
	for _, w := range want {
		if err == nil || !strings.Contains(string(said), w) {
			r.t.Errorf("kith %s: %v, says %q, want %q", strings.Join(args, " "), err, said, w)
		}
	}
}

// give copies from one home of anna's into another.
func (r *root) give(to *root, names ...string) {
	r.t.Helper()
	for _, name := range names {
		run(r.t, command("cp", "-a", filepath.Join(r.dir, "home/anna", name), filepath.Join(to.dir, "home/anna/")))
	}
}

// A device moves: exported, its package purged, imported on a machine that has
// only the package. It is the same device there, and its folder goes on. Then
// somebody copies that machine, and both copies stop.
func TestADeviceMovesAndIsCopied(t *testing.T) {
	if !all() {
		t.Skip("three machines take a while: make test-packages; sim/e2e does the same without packages")
	}
	need(t, "ip", "nsenter")
	g := pack(t)
	was, ben, now := newRoot(t), newRoot(t), newRoot(t)
	lab := netlab.New(t, "was", "ben", "now")
	was.host, ben.host, now.host = lab.Host("was"), lab.Host("ben"), lab.Host("now")
	deb := one(t, g.old, dpkg.pattern)
	for _, r := range []*root{was, ben, now} {
		r.install(dpkg, deb)
	}

	first := was.start("--name", "anna")
	ben.start("--name", "ben")
	was.until("ben", func() bool { return was.sees("ben", false) })
	ben.until("anna", func() bool { return ben.sees("anna", false) })
	asked := ben.command("anna", "kith", "pair", "anna", "--yes")
	must(t, asked.Start())
	was.anna("kith", "pair", "ben", "--yes")
	must(t, asked.Wait())
	was.anna("sh", "-c", "mkdir Photos && echo one > Photos/a && echo a phrase nobody guesses > words && echo another > other-words")
	was.anna("kith", "share", "Photos", "--with", "ben")
	ben.until("the offer", func() bool { return strings.Contains(ben.anna("kith", "offers"), "Photos") })
	ben.anna("kith", "accept", "Photos", "Photos")
	ben.until("the first file", func() bool { return ben.holds("Photos/a") == "one" })
	id := was.picture().Device.ID
	was.anna("kith", "export", "anna.kith", "--passphrase-file", "words")
	was.anna("kith", "quit")
	ends(t, first)
	was.remove(dpkg)

	ben.anna("sh", "-c", "echo two > Photos/b")
	was.give(now, "anna.kith", "words", "other-words")
	now.refused([]string{"the passphrase is another one", "upper and lower case"}, "import", "anna.kith", "--passphrase-file", "other-words")
	now.anna("kith", "import", "anna.kith", "--passphrase-file", "words")
	moved := now.start()
	if p := now.picture(); p.Device.ID != id {
		t.Errorf("it was %s, and is %s on the new machine", id, p.Device.ID)
	}
	now.until("ben, who knows it still", func() bool { return now.sees("ben", true) })
	now.until("both files", func() bool { return now.holds("Photos/a") == "one" && now.holds("Photos/b") == "two" })
	now.anna("sh", "-c", "echo three > Photos/c")
	ben.until("what was saved on the new machine", func() bool { return ben.holds("Photos/c") == "three" })
	now.refused([]string{"kith quit"}, "import", "anna.kith", "--passphrase-file", "words", "--replace")
	now.anna("kith", "quit")
	ends(t, moved)
	now.refused([]string{"there is an identity here already", "--replace"}, "import", "anna.kith", "--passphrase-file", "words")

	// The old machine gets the new one's home, as from a backup of all of it.
	must(t, os.RemoveAll(filepath.Join(was.dir, "home/anna/Photos")))
	now.give(was, "Photos", ".config", ".local")
	was.anna("sh", "-c", "rm Photos/a && echo four > Photos/d")
	was.install(dpkg, deb)
	was.start()
	was.until("ben", func() bool { return was.sees("ben", true) })
	now.start()
	for _, r := range []*root{was, now} {
		r.until("word of the other machine", func() bool {
			said := r.anna("kith", "status")
			return strings.Contains(said, "another machine") && strings.Contains(said, "kith resume")
		})
	}
	if now.holds("Photos/a") != "one" || was.holds("Photos/d") != "four" {
		t.Error("a copy has changed the files of the other")
	}
}
