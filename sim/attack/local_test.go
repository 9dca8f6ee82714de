//go:build linux

package attack

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestOtherUser is somebody with another account on the same machine.
func TestOtherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("to be another user one has to be root first")
	}
	for _, tool := range []string{"setpriv", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	s := newSiege(t, "")
	// Whatever else is in the way is opened, so that only Kith's own doors hold.
	for dir := s.root; dir != "/" && dir != "/tmp"; dir = filepath.Dir(dir) {
		s.must(os.Chmod(dir, 0o755))
	}
	s.must(os.Chmod(filepath.Join(s.root, "anna"), 0o755))
	was := s.look()
	other := func(args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(s.ctx, 20*time.Second)
		defer cancel()
		out, err := exec.CommandContext(ctx, "setpriv", append([]string{"--reuid", "65534", "--regid", "65534", "--clear-groups", "--"}, args...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := other("ls", filepath.Join(s.root, "anna")); err != nil || !strings.Contains(out, "folder") {
		t.Fatalf("the other user gets nowhere: %v, %s", err, out)
	}
	if out, err := other("ls", s.anna.Home); err == nil {
		t.Errorf("the home is open:\n%s", out)
	}
	s.must(filepath.WalkDir(s.anna.Home, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // what the program writes beside its settings until they are whole
		}
		if err == nil && info.Mode().Perm()&0o077 != 0 && !strings.HasSuffix(name, "run.out") {
			t.Errorf("%s is open to others: %v", strings.TrimPrefix(name, s.anna.Home), info.Mode())
		}
		if out, err := other("cat", name); err == nil && !d.IsDir() {
			t.Errorf("%s can be read: %.40q", d.Name(), out)
		}
		return err
	}))
	if _, err := other("mkdir", filepath.Join(s.anna.Home, "x")); err == nil {
		t.Error("something can be put into the home")
	}
	// Even where the way to the socket stands open, the kernel knows who calls.
	s.must(os.Chmod(s.anna.Home, 0o711))
	socket := s.anna.Home + "/kith.sock"
	if _, err := os.Stat(socket); err != nil {
		note, err := os.ReadFile(filepath.Join(s.anna.Home, "kith.sock.path"))
		s.must(err)
		socket = strings.TrimSpace(string(note))
		s.must(os.Chmod(filepath.Dir(socket), 0o711))
	}
	s.must(os.Chmod(socket, 0o666))
	call := []string{"curl", "-sS", "--max-time", "10", "--unix-socket", socket, "http://kith/"}
	if out, err := exec.Command(call[0], call[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("its own user is not answered: %v, %s", err, out)
	}
	out, err := other(call...)
	if err == nil || strings.Contains(out, "folders") {
		t.Errorf("another user is answered: %v, %.200q", err, out)
	}
	s.must(os.Chmod(socket, 0o600))
	s.must(os.Chmod(s.anna.Home, 0o700))
	s.judge(was)
}
