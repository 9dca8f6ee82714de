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
	"sync"
	"testing"
	"time"

	"kith/sim/netlab"
)

// root is a Debian of its own, with a person in it. What changes in it lies in a
// layer over what was there.
type root struct {
	t                 *testing.T
	dir, below, layer string
	host              *netlab.Host // of its own network; nil: this machine's
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
		debian, err := fresh()
		must(t, err)
		r.below = debian
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

// fresh is a Debian with nothing in it but what every Debian has, and rpm.
var fresh = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(scratch, "debian")
	make := []string{"debootstrap", "--variant=minbase", "--include=rpm", "stable", dir}
	if said, err := exec.Command(make[0], make[1:]...).CombinedOutput(); err != nil {
		return "", &failure{make, string(said), err}
	}
	return dir, nil
})

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
	all = append(all, args...)
	if r.host != nil {
		return r.host.Command("chroot", all...)
	}
	return command("chroot", all...)
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

// start has anna run Kith until it says it is ready. Without a network of its own
// it is heard on this machine only.
func (r *root) start(flags ...string) (running *exec.Cmd) {
	r.t.Helper()
	if r.host == nil {
		flags = append(flags, "--listen", "127.0.0.1:0")
	}
	cmd := r.command("anna", append([]string{"kith", "run", "--headless"}, flags...)...)
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
	apart := []string{"dev", "home", "tmp", "var/log", "var/cache", "var/lib/dpkg", "var/lib/rpm", "root/.rpmdb", "var/lib/man-db"}
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

// wasEmpty reports whether a change is that an empty directory is gone. On a system of debs,
// rpm cannot know that another package has the directory, too, as the icon theme's has those of
// icons; on one of rpms it does.
func (r *root) wasEmpty(change string) bool {
	name, gone := strings.CutPrefix(change, "gone: ")
	inside, err := os.ReadDir(filepath.Join(r.below, name))
	return gone && err == nil && len(inside) == 0
}

type picture struct {
	Device  struct{ ID string }
	Devices []struct {
		ID, Name          string
		Paired, Connected bool
	}
	Folders []struct {
		Name, State, Reason string
		Files               int
	}
}

func (r *root) picture() (p picture) {
	r.t.Helper()
	must(r.t, json.Unmarshal([]byte(r.anna("kith", "status", "--json")), &p))
	return p
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
