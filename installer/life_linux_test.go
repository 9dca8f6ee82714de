package installer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// packager is a program that installs packages of a kind. Each of its commands
// is given without the file or the name that it ends with.
type packager struct {
	pattern string // of the names of its packages
	install []string
	remove  [][]string // one after the other, until only what is a person's is left
}

// asRPM runs rpm, which on some Debians has to be told that it is meant.
const asRPM = `! rpm --force-debian --version >/dev/null 2>&1 || set -- --force-debian "$@"; exec rpm "$@"`

// The rpm depends on no other package, so no dependency is passed over.
var (
	dpkg = packager{"*.deb", []string{"dpkg", "--install"}, [][]string{{"dpkg", "--remove"}, {"dpkg", "--purge"}}}
	rpm  = packager{"*.rpm", []string{"sh", "-c", asRPM, "rpm", "--nosignature", "--upgrade"}, [][]string{{"sh", "-c", asRPM, "rpm", "--erase"}}}
)

// install hands a package in and has it installed, or put over an older one.
func (r *root) install(p packager, file string) {
	r.t.Helper()
	name := "/" + filepath.Base(file)
	run(r.t, command("cp", file, r.dir+name))
	r.do(append(slices.Clone(p.install), name)...)
	must(r.t, os.Remove(r.dir+name))
}

// remove has the package removed, with all that belongs to it.
func (r *root) remove(p packager) {
	r.t.Helper()
	for _, step := range p.remove {
		r.do(append(slices.Clone(step), "kith")...)
	}
}

func TestTheDebInstalledUpdatedRemoved(t *testing.T) { life(t, dpkg) }

func TestTheRPMInstalledUpdatedRemoved(t *testing.T) {
	need(t, "rpm")
	life(t, rpm)
}

// A whole life: installed, used, updated while it runs, removed while it runs,
// purged. Nothing of it stays but what is the person's.
func life(t *testing.T, p packager) {
	t.Helper()
	g := pack(t)
	r := newRoot(t)
	before := r.changes()

	r.install(p, one(t, g.old, p.pattern))
	if said := r.anna("kith", "version"); !strings.HasPrefix(said, "kith ") || strings.Contains(said, newer) || !strings.Contains(said, "commit ") {
		t.Errorf("the version is %q", said)
	}
	r.anna("sh", "-c", "mkdir Photos && echo hi > Photos/a")
	old := r.start()
	entry := filepath.Join(r.dir, "home/anna/.config/autostart/kith.desktop")
	starts := func() bool {
		text, err := os.ReadFile(entry)
		return err == nil && !strings.Contains(string(text), "Hidden=true")
	}
	r.anna("kith", "autostart", "on")
	if !starts() {
		t.Errorf("it is not started at login after it was switched on")
	}
	r.anna("kith", "autostart", "off")
	r.anna("kith", "share", "Photos")
	r.anna("kith", "wait", "Photos", "--timeout", "60s")
	first := r.picture()

	r.install(p, one(t, g.new, p.pattern))
	if said := r.anna("kith", "version"); !strings.HasPrefix(said, "kith "+newer+" ") {
		t.Errorf("after the update the version is %q", said)
	}
	if said := r.picture(); len(said.Folders) != 1 || said.Folders[0].State != "in-step" {
		t.Errorf("the one that runs says to the newer command line: %+v", said)
	}
	r.anna("kith", "quit")
	ends(t, old)

	last := r.start()
	r.anna("kith", "wait", "Photos", "--timeout", "60s")
	if now := r.picture(); now.Device.ID != first.Device.ID || len(now.Folders) != 1 {
		t.Errorf("after the update: %+v, before it: %+v", now, first)
	}
	if said := r.anna("kith", "autostart", "status"); starts() || !strings.Contains(said, "not started") {
		t.Errorf("the update has switched the start at login on again: %s", said)
	}
	r.remove(p)
	must(t, last.Process.Signal(syscall.SIGTERM)) // it went on
	ends(t, last)

	for _, change := range r.changes() {
		if !slices.Contains(before, change) && !(p.pattern == rpm.pattern && r.wasEmpty(change)) {
			t.Errorf("not as before: %s", change)
		}
	}
	for _, name := range []string{"Photos/a", "Photos/.kith", ".config/kith/config.toml", ".local/share/kith/key.pem"} {
		if _, err := os.Stat(filepath.Join(r.dir, "home/anna", name)); err != nil {
			t.Errorf("gone with the package: %s", name)
		}
	}
}
