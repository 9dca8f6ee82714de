package installer

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// root is a Debian of its own, with a person in it. What changes in it lies in a
// layer over what was there.
type root struct {
	t                 *testing.T
	dir, below, layer string
}

// newRoot returns a fresh Debian where there is time for it, and else one like
// this machine.
func newRoot(t *testing.T) *root {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can install packages")
	}
	need(t, "dpkg", "chroot", "useradd", "mount")
	r := &root{t: t, below: "/"}
	if all() {
		need(t, "debootstrap")
		r.below = t.TempDir()
		run(t, command("debootstrap", "--variant=minbase", "stable", r.below))
	}
	mount := t.TempDir()
	run(t, command("mount", "-t", "tmpfs", "kith-root", mount))
	r.later("umount", mount)
	r.dir, r.layer = filepath.Join(mount, "root"), filepath.Join(mount, "layer")
	for _, dir := range []string{r.dir, r.layer, filepath.Join(mount, "work")} {
		must(t, os.Mkdir(dir, 0o755))
	}
	said, err := command("mount", "-t", "overlay", "kith-root", r.dir,
		"-o", "lowerdir="+r.below+",upperdir="+r.layer+",workdir="+mount+"/work").CombinedOutput()
	if err != nil {
		t.Skipf("this kernel lays nothing over the root: %s", said)
	}
	r.later("umount", r.dir)
	run(t, command("mount", "-t", "proc", "proc", r.dir+"/proc"))
	r.later("umount", r.dir+"/proc")
	r.do("useradd", "--create-home", "--uid", "5454", "anna")
	return r
}

// later undoes a mount when the test is over, even where something lingers in it.
func (r *root) later(name, dir string) {
	r.t.Cleanup(func() { command(name, "--lazy", dir).Run() })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *root) command(user string, args ...string) *exec.Cmd {
	home := "/root"
	env := []string{"--ignore-environment", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive"}
	chroot := []string{r.dir}
	if user != "" {
		home = "/home/" + user
		chroot = []string{"--userspec=" + user, r.dir}
	}
	all := append(append(append(chroot, "env"), env...), "HOME="+home, "sh", "-c", `cd && exec "$@"`, "sh")
	return command("chroot", append(all, args...)...)
}

// do runs something as root in there; anna runs something as her.
func (r *root) do(args ...string) string {
	r.t.Helper()
	return run(r.t, r.command("", args...))
}

func (r *root) anna(args ...string) string {
	r.t.Helper()
	return run(r.t, r.command("anna", args...))
}

// install hands a package in and has it installed, or put over an older one.
func (r *root) install(deb string) {
	r.t.Helper()
	run(r.t, command("cp", deb, r.dir+"/kith.deb"))
	r.do("dpkg", "--install", "/kith.deb")
	must(r.t, os.Remove(r.dir+"/kith.deb"))
}

// start has anna run Kith, heard on this machine only, until it says it is ready.
func (r *root) start() (running *exec.Cmd) {
	r.t.Helper()
	cmd := r.command("anna", "kith", "run", "--headless", "--listen", "127.0.0.1:0")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	must(r.t, err)
	must(r.t, cmd.Start())
	r.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if _, err := out.Read(make([]byte, 1)); err != nil {
		r.t.Fatalf("kith does not start: %v\n%s", err, errs.String())
	}
	return cmd
}

// changes returns what is there that was not, and what was there and is gone, but
// for homes and what a system notes down by itself.
func (r *root) changes() (names []string) {
	r.t.Helper()
	apart := []string{"dev", "home", "tmp", "var/log", "var/cache", "var/lib/dpkg", "var/lib/man-db"}
	err := filepath.WalkDir(r.layer, func(name string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(r.layer, name)
		switch {
		case err != nil:
			return err
		case slices.Contains(apart, rel):
			return fs.SkipDir
		case d.Type()&fs.ModeCharDevice != 0: // how the layer says that something is gone
			names = append(names, "gone: "+rel)
		default:
			if _, err := os.Lstat(filepath.Join(r.below, rel)); err != nil {
				names = append(names, "new: "+rel)
			}
		}
		return nil
	})
	must(r.t, err)
	return names
}

type picture struct {
	Device  struct{ ID string }
	Folders []struct{ Name, State string }
}

func (r *root) picture() (p picture) {
	r.t.Helper()
	must(r.t, json.Unmarshal([]byte(r.anna("kith", "status", "--json")), &p))
	return p
}

// A whole life: installed, used, updated while it runs, removed while it runs,
// purged. Nothing of it stays but what is the person's.
func TestInstalledUpdatedRemoved(t *testing.T) {
	g := pack(t)
	r := newRoot(t)
	before := r.changes()

	r.install(one(t, g.old, "*.deb"))
	if said := r.anna("kith", "version"); !strings.HasPrefix(said, "kith ") || strings.Contains(said, newer) || !strings.Contains(said, "commit ") {
		t.Errorf("the version is %q", said)
	}
	r.anna("sh", "-c", "mkdir Photos && echo hi > Photos/a")
	old := r.start()
	r.anna("kith", "share", "Photos")
	r.anna("kith", "wait", "Photos", "--timeout", "60s")
	first := r.picture()

	r.install(one(t, g.new, "*.deb"))
	if said := r.anna("kith", "version"); !strings.HasPrefix(said, "kith "+newer+" ") {
		t.Errorf("after the update the version is %q", said)
	}
	if p := r.picture(); len(p.Folders) != 1 || p.Folders[0].State != "in-step" {
		t.Errorf("the one that runs says to the newer command line: %+v", p)
	}
	r.anna("kith", "quit")
	ends(t, old)

	last := r.start()
	r.anna("kith", "wait", "Photos", "--timeout", "60s")
	if p := r.picture(); p.Device.ID != first.Device.ID || len(p.Folders) != 1 {
		t.Errorf("after the update: %+v, before it: %+v", p, first)
	}
	r.do("dpkg", "--remove", "kith")
	must(t, last.Process.Signal(syscall.SIGTERM)) // it went on
	ends(t, last)
	r.do("dpkg", "--purge", "kith")

	for _, change := range r.changes() {
		if !slices.Contains(before, change) {
			t.Errorf("not as before: %s", change)
		}
	}
	for _, name := range []string{"Photos/a", "Photos/.kith", ".config/kith/config.toml", ".local/share/kith/key.pem"} {
		if _, err := os.Stat(filepath.Join(r.dir, "home/anna", name)); err != nil {
			t.Errorf("gone with the package: %s", name)
		}
	}
}

// ends waits for a program to end as it should.
func ends(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	timer := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer timer.Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s ends with %v", cmd, err)
	}
}
