package installer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unpacked returns a directory with what the deb would install.
func unpacked(t *testing.T) string {
	t.Helper()
	need(t, "dpkg-deb")
	dir := t.TempDir()
	run(t, command("dpkg-deb", "-x", one(t, pack(t).old, "*.deb"), dir))
	return dir
}

// silent runs a judge that has to find nothing to say.
func silent(t *testing.T, name string, args ...string) {
	t.Helper()
	if said := run(t, command(name, args...)); said != "" {
		t.Errorf("%s says\n%s", name, said)
	}
}

func TestLintianIsSilent(t *testing.T) {
	need(t, "lintian")
	silent(t, "lintian", "--allow-root", "--fail-on", "none", one(t, pack(t).old, "*.deb"))
}

func TestTheMenuEntryIsValid(t *testing.T) {
	need(t, "desktop-file-validate")
	silent(t, "desktop-file-validate", filepath.Join(unpacked(t), "usr/share/applications/org.kith.kith.desktop"))
}

func TestTheMetainfoIsValid(t *testing.T) {
	need(t, "appstreamcli")
	said := run(t, command("appstreamcli", "validate", "--no-net", "--no-color", "--pedantic",
		filepath.Join(unpacked(t), "usr/share/metainfo/org.kith.kith.metainfo.xml")))
	if strings.TrimSpace(said) != "✔ Validation was successful." {
		t.Errorf("appstreamcli says\n%s", said)
	}
}

// The unit names programs by their installed path, so it is shown to systemd with
// the path of what was unpacked.
func TestTheServiceIsValid(t *testing.T) {
	need(t, "systemd-analyze")
	dir := unpacked(t)
	text, err := os.ReadFile(filepath.Join(dir, "usr/lib/systemd/user/kith.service"))
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "kith.service")
	here := strings.ReplaceAll(string(text), "/usr/bin/kith", filepath.Join(dir, "usr/bin/kith"))
	if err := os.WriteFile(unit, []byte(here), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	silent(t, "systemd-analyze", "--user", "--man=no", "verify", unit)
}

func TestTheManualPageHasNoMistakes(t *testing.T) {
	need(t, "man")
	page := filepath.Join(unpacked(t), "usr/share/man/man1/kith.1.gz")
	cmd := command("man", "--warnings=w", "--local-file", page)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANROFFSEQ=", "MANWIDTH=80")
	said := run(t, cmd)
	if strings.Contains(said, "warning") || !strings.Contains(said, "kith share") {
		t.Errorf("man says\n%s", said)
	}
}

// What comes as a package runs nothing when it is installed, updated or removed: so
// no update starts Kith, or switches the start at login on again.
func TestThePackagesRunNothing(t *testing.T) {
	need(t, "rpm", "dpkg-deb")
	g := pack(t)
	dir := t.TempDir()
	run(t, command("dpkg-deb", "-e", one(t, g.old, "*.deb"), dir))
	for _, script := range []string{"preinst", "postinst", "prerm", "postrm", "triggers"} {
		if _, err := os.Stat(filepath.Join(dir, script)); err == nil {
			t.Errorf("the deb has a %s", script)
		}
	}
	rpm := one(t, g.old, "*.rpm")
	if said := run(t, command("rpm", "-qp", "--nosignature", "--scripts", "--triggers", rpm)); said != "" {
		t.Errorf("the rpm runs\n%s", said)
	}
	for _, list := range []string{
		run(t, command("dpkg-deb", "--contents", one(t, g.old, "*.deb"))),
		run(t, command("rpm", "-qpl", "--nosignature", rpm)),
	} {
		if strings.Contains(list, "autostart") || strings.Contains(list, ".wants/") {
			t.Errorf("it starts Kith by a file of its own:\n%s", list)
		}
	}
}

// What the deb installs the rpm installs, but for what each wants in its own place.
func TestTheRPMHasTheSameFiles(t *testing.T) {
	need(t, "rpm", "dpkg-deb")
	g := pack(t)
	files := func(said string) (out []string) {
		for name := range strings.Lines(said) {
			name = strings.TrimPrefix(strings.TrimSpace(name), ".")
			own := slices.ContainsFunc([]string{"/usr/share/doc/", "/usr/share/zsh/", "/usr/share/licenses/", "/usr/share/lintian/"},
				func(dir string) bool { return strings.HasPrefix(name, dir) })
			if name != "" && !strings.HasSuffix(name, "/") && !own {
				out = append(out, name)
			}
		}
		slices.Sort(out)
		return out
	}
	const list = `[%{FILEMODES:perms} %{FILENAMES}\n]`
	rpm := files(run(t, command("sh", "-c", `rpm -qp --nosignature --queryformat "$2" "$1" | grep -v ^d | cut -d" " -f2-`, "sh", one(t, g.old, "*.rpm"), list)))
	deb := files(run(t, command("sh", "-c", `dpkg-deb --fsys-tarfile "$1" | tar -t`, "sh", one(t, g.old, "*.deb"))))
	if !slices.Equal(rpm, deb) || len(deb) == 0 {
		t.Errorf("the deb has\n%s\nthe rpm has\n%s", strings.Join(deb, "\n"), strings.Join(rpm, "\n"))
	}
}
