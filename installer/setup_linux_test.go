package installer

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/installer/wine"
)

// windows is a Windows with the setup of the last commit lying in it.
type windows struct {
	*wine.Box
	t     *testing.T
	setup string
	own   string // where the program is installed
}

func newWindows(t *testing.T) *windows {
	t.Helper()
	canMake(t)
	need(t, "makensis")
	out, err := forWindows()
	must(t, err)
	w := &windows{t: t, setup: one(t, out, "*-setup.exe")}
	dir := t.TempDir()
	w.Box, err = wine.New(filepath.Join(dir, "box"))
	if errors.Is(err, wine.ErrAbsent) {
		t.Skip(err)
	}
	must(t, err)
	t.Cleanup(func() { w.Close() })
	profiles, err := filepath.Glob(w.C("users", "*", "AppData"))
	if err != nil || len(profiles) != 1 {
		t.Fatalf("profiles: %q, %v", profiles, err)
	}
	w.own = filepath.Join(profiles[0], "Local", "Programs", "Kith")
	return w
}

// forWindows makes the setup, once for all tests that need it.
var forWindows = sync.OnceValues(func() (out string, err error) { return build("windows", "", "*-setup.exe") })

// do runs a program there to its end. What it starts may hold on to its output.
func (w *windows) do(program string, args ...string) string {
	w.t.Helper()
	var out bytes.Buffer
	cmd := w.Command(program, args...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &out, 2*time.Second
	if err := cmd.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		w.t.Fatalf("%s: %v\n%s", cmd, err, out.String())
	}
	return out.String()
}

// registry returns what a person's part of the registry says, as lines KEY|VALUE.
func (w *windows) registry() (lines []string) {
	w.t.Helper()
	file := w.C("export.reg")
	w.do("reg", "export", "HKCU", `C:\export.reg`, "/y")
	text, err := os.ReadFile(file)
	must(w.t, err)
	must(w.t, os.Remove(file))
	text = bytes.ReplaceAll(text, []byte{0}, nil) // UTF-16, of ASCII
	key := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "["):
			key = strings.Trim(line, "[]")
		case strings.Contains(key, `\Wine\`), strings.Contains(key, "MenuFiles"), line == "":
		default:
			lines = append(lines, key+"|"+line)
		}
	}
	return lines
}

func (w *windows) files() (names []string) {
	w.t.Helper()
	must(w.t, filepath.WalkDir(w.C(), func(name string, d fs.DirEntry, err error) error {
		if err == nil && !strings.Contains(name, "/Temp/") {
			names = append(names, name)
		}
		return err
	}))
	return names
}

// since returns what is in now and was not in before.
func since(before, now []string) (more []string) {
	for _, s := range now {
		if !slices.Contains(before, s) {
			more = append(more, s)
		}
	}
	return more
}

// gone waits for what a program does after its end, for an uninstaller works from a
// copy of itself, and verifies that something is not there any more.
func (w *windows) gone(name string) {
	w.t.Helper()
	must(w.t, w.Wait())
	if _, err := os.Stat(name); err == nil {
		w.t.Fatalf("%s stays", name)
	}
}

const runKey = `HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Run|"Kith"=`

// The setup as it is released: installed without a question, put over itself with
// the choices kept, removed without a trace but the settings, then with them.
func TestSetupComesAndGoes(t *testing.T) {
	if !all() {
		t.Skip("Wine takes its time: make test-packages")
	}
	w := newWindows(t)
	registry, files := w.registry(), w.files()
	starts := func() bool {
		return slices.ContainsFunc(w.registry(), func(l string) bool { return strings.HasPrefix(l, runKey) })
	}

	w.do(w.setup, "/S")
	for _, name := range []string{"kith.exe", "kithw.exe", "uninstall.exe", "LICENSE"} {
		if _, err := os.Stat(filepath.Join(w.own, name)); err != nil {
			t.Error(err)
		}
	}
	if said := w.do(filepath.Join(w.own, "kith.exe"), "version"); !strings.HasPrefix(said, "kith ") || !strings.Contains(said, "windows/amd64") {
		t.Errorf("the version is %q", said)
	}
	if links, _ := filepath.Glob(w.C("users/*/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Kith.lnk")); len(links) != 1 {
		t.Error("nothing in the Start menu")
	}
	if !starts() {
		t.Error("it does not start at login")
	}

	w.do("reg", "delete", `HKCU\Software\Microsoft\Windows\CurrentVersion\Run`, "/v", "Kith", "/f") // as a person may
	w.do(w.setup, "/S")
	if starts() {
		t.Error("an update has switched the start at login on again")
	}

	settings := []string{filepath.Join(w.own, "../../kith"), filepath.Join(w.own, "../../../Roaming/kith")}
	for _, dir := range settings {
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.WriteFile(filepath.Join(dir, "mine"), nil, 0o644))
	}
	uninstall := filepath.Join(w.own, "uninstall.exe")
	w.do(uninstall, "/S")
	w.gone(w.own)
	for _, dir := range settings {
		if _, err := os.Stat(filepath.Join(dir, "mine")); err != nil {
			t.Errorf("the settings went too: %v", err)
		}
	}

	w.do(w.setup, "/S", "/NOAUTOSTART")
	if starts() {
		t.Error("it starts at login although told not to")
	}
	w.do(uninstall, "/S", "/SETTINGS")
	w.gone(w.own)
	w.gone(settings[1])
	must(t, w.Close()) // it writes the registry down
	for _, line := range since(registry, w.registry()) {
		t.Errorf("left in the registry: %s", line)
	}
	for _, name := range since(files, w.files()) {
		if filepath.Base(name) != "Programs" { // a directory that Windows has anyway
			t.Errorf("left on the disk: %s", name)
		}
	}
}

// A Kith that runs is ended, replaced, and started again.
func TestSetupReplacesAKithThatRuns(t *testing.T) {
	if !all() {
		t.Skip("one more program to build: make test-packages")
	}
	w := newWindows(t)
	w.do(w.setup, "/S")
	released, err := os.ReadFile(filepath.Join(w.own, "kith.exe"))
	must(t, err)

	// What is released can't listen under Wine, so another build of it runs.
	dir := t.TempDir()
	source := filepath.Join(scratch, "windows", "source")
	list, err := wine.Overlay(dir, source)
	must(t, err)
	build := command("go", "-C", source, "build", "-overlay", list, "-o", filepath.Join(w.own, "kith.exe"), ".")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	run(t, build)
	running := w.Command(filepath.Join(w.own, "kith.exe"), "run", "--headless", "--listen", "127.0.0.1:0")
	out, err := running.StdoutPipe()
	must(t, err)
	must(t, running.Start())
	t.Cleanup(func() { running.Process.Kill(); running.Wait() })
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatalf("kith does not start: %v", err)
	}

	w.do(w.setup, "/S")
	ends(t, running)
	if now, err := os.ReadFile(filepath.Join(w.own, "kith.exe")); err != nil || !bytes.Equal(now, released) {
		t.Errorf("kith.exe was not replaced: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(w.own, "*"))
	if err != nil || len(left) != 4 {
		t.Errorf("installed is now %q, %v", left, err)
	}
}
