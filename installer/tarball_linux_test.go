package installer

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The scripts of the tarball, with a program that only says that it was called:
// for one user, in a home with an awkward name.
func TestTheTarballInstallsItself(t *testing.T) {
	dir, home := t.TempDir(), filepath.Join(t.TempDir(), "Anna & Ben's | home")
	for to, from := range map[string]string{
		"install.sh": "linux/install.sh", "uninstall.sh": "linux/uninstall.sh",
		"share/applications/org.kith.kith.desktop": "linux/org.kith.kith.desktop",
		"share/systemd/user/kith.service":          "linux/kith.service",
	} {
		text, err := os.ReadFile(from)
		must(t, err)
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, to), text, 0o755))
	}
	calls := filepath.Join(t.TempDir(), "calls")
	program := func(version string) {
		must(t, os.WriteFile(filepath.Join(dir, "kith"), []byte("#!/bin/sh\necho \"$@\" >>"+calls+"\necho "+version+"\n"), 0o755))
	}
	sh := func(script string, args ...string) string {
		t.Helper()
		cmd := exec.Command("sh", append([]string{script}, args...)...)
		cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
		return run(t, cmd)
	}
	must(t, os.MkdirAll(filepath.Join(home, ".config/kith"), 0o755))
	must(t, os.MkdirAll(filepath.Join(home, ".local/share/kith"), 0o755))

	program("old")
	must(t, os.WriteFile(filepath.Join(dir, "share/only-in-the-old"), nil, 0o644))
	sh(filepath.Join(dir, "install.sh"))
	program("new")
	must(t, os.Remove(filepath.Join(dir, "share/only-in-the-old")))
	sh(filepath.Join(dir, "install.sh"))
	bin := filepath.Join(home, ".local/bin/kith")
	if said := run(t, command(bin)); said != "new\n" {
		t.Errorf("after the update it says %q", said)
	}
	if _, err := os.Stat(filepath.Join(home, ".local/share/only-in-the-old")); err == nil {
		t.Error("what only the older version had is still there")
	}
	for name, want := range map[string]string{
		"applications/org.kith.kith.desktop": "Exec=\"" + bin + "\" pause --for 1h\n",
		"systemd/user/kith.service":          "ExecStart=\"" + bin + "\" run --headless\n",
	} {
		text, err := os.ReadFile(filepath.Join(home, ".local/share", name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s (%v) has no %q:\n%s", name, err, want, text)
		}
	}

	uninstall := filepath.Join(home, ".local/lib/kith/uninstall.sh")
	if called, err := os.ReadFile(calls); err != nil || strings.TrimSpace(string(called)) != "" {
		t.Errorf("installing and updating called kith %s (%v)", called, err)
	}
	sh(uninstall)
	if called, _ := os.ReadFile(calls); strings.TrimSpace(string(called)) != "autostart off\nquit" {
		t.Errorf("removing called kith %s", called)
	}
	left := func() string { return strings.TrimSpace(run(t, command("find", home, "-mindepth", "2"))) }
	if got := left(); strings.Contains(got, "bin") || strings.Contains(got, "lib") || !strings.Contains(got, ".config/kith") {
		t.Errorf("left behind:\n%s", got)
	}
	sh(filepath.Join(dir, "install.sh"))
	sh(uninstall, "--settings")
	if got := left(); strings.Contains(got, "kith") {
		t.Errorf("left behind:\n%s", got)
	}
}
