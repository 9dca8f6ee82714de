package wine

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kith/sim/drive"
	"kith/sim/netlab"
)

func TestMain(m *testing.M) { netlab.Main(m) }

// seat is a host of a network with a box on it: what runs there are programs for
// Windows.
type seat struct {
	host *netlab.Host
	box  *Box
}

func (s seat) Command(name string, args ...string) *exec.Cmd {
	cmd := s.host.Command("wine", append([]string{name}, args...)...)
	cmd.Env = s.box.Command("").Env
	return cmd
}

// newBox returns a box, or skips the test where there can be none.
func newBox(t *testing.T) *Box {
	t.Helper()
	if testing.Short() {
		t.Skip("Wine takes a while to start")
	}
	dir, err := os.MkdirTemp("", "kith-wine-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b, err := New(filepath.Join(dir, "box"))
	if errors.Is(err, ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// buildForWine returns the program for Windows as it can be tried here, linked
// with flags.
func buildForWine(t *testing.T, flags string) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	list, err := Overlay(dir, root)
	if err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "kith.exe")
	cmd := exec.Command("go", "build", "-overlay", list, "-ldflags", "-s -w "+flags, "-o", exe, ".")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build for Wine: %v\n%s", err, said)
	}
	return exe
}

// A Windows and a Linux find each other, are paired, and keep a folder the same,
// but for what Windows cannot hold, which is told.
func TestWindowsAndLinuxKeepAFolder(t *testing.T) {
	if os.Getenv("KITH_PACKAGES") != "all" {
		t.Skip("Wine takes its time: make test-packages")
	}
	box := newBox(t)
	lab := netlab.New(t, "win", "lin")
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	program, err := drive.Build(ctx, "../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	// What serves a box has to start on its host, and holds on to the output of the
	// first program there.
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	if err := (seat{lab.Host("win"), box}).Command("wineboot").Run(); err != nil {
		t.Fatal(err)
	}
	win := &drive.Device{Name: "win", Home: t.TempDir(), Program: buildForWine(t, ""), Host: seat{lab.Host("win"), box}}
	lin := &drive.Device{Name: "lin", Home: t.TempDir(), Program: program, Host: lab.Host("lin")}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v\nwin: %s\nlin: %s", err, win.Output(20), lin.Output(20))
		}
	}
	do(win.Start(ctx))
	t.Cleanup(func() { win.Kith(context.Background(), "quit"); win.Kill() })
	do(lin.Start(ctx))
	t.Cleanup(func() { lin.Quit() })
	do(drive.Pair(ctx, lin, win))

	there, here := t.TempDir(), box.C("photos")
	write := func(name, text string) {
		t.Helper()
		do(os.MkdirAll(filepath.Dir(name), 0o755))
		do(os.WriteFile(name, []byte(text), 0o644))
	}
	possible := []string{"a.txt", "deep/er/b.txt", "grüße.txt", "big"}
	for _, name := range possible[:3] {
		write(filepath.Join(there, name), "from Linux: "+name)
	}
	write(filepath.Join(there, "big"), strings.Repeat("0123456789abcdef", 1<<18))
	impossible := []string{"a:b", "what?.txt", "CON", "nul.txt", "dot.", "space ", `back\slash`}
	for _, name := range impossible {
		write(filepath.Join(there, name), name)
	}
	do(os.MkdirAll(here, 0o755))
	do(lin.Share(ctx, there, "photos", win))
	do(win.Accept(ctx, "photos", `C:\photos`))
	same := func(names ...string) {
		t.Helper()
		for _, name := range names {
			want, err := os.ReadFile(filepath.Join(there, name))
			do(err)
			do(win.Until(ctx, name, func(drive.Picture) bool {
				got, err := os.ReadFile(filepath.Join(here, name))
				return err == nil && string(got) == string(want)
			}))
		}
	}
	same(possible...)

	var told []string
	do(win.Until(ctx, "reasons", func(p drive.Picture) bool {
		f, _ := p.Folder("photos")
		told = nil
		for _, problem := range f.Problems {
			told = append(told, problem.Path)
		}
		return len(told) >= len(impossible)
	}))
	slices.Sort(told)
	slices.Sort(impossible)
	if !slices.Equal(told, impossible) {
		t.Errorf("told as impossible: %q, want %q", told, impossible)
	}

	// The other way, and over what is there: a new file, an edit, a move, a deletion.
	write(filepath.Join(here, "new", "from windows.txt"), "hello")
	write(filepath.Join(here, "a.txt"), "edited on Windows")
	do(os.Rename(filepath.Join(here, "grüße.txt"), filepath.Join(here, "new", "grüße.txt")))
	do(os.Remove(filepath.Join(here, "deep", "er", "b.txt")))
	_, err = win.Kith(ctx, "scan", "photos") // Wine's watch of a whole tree misses some of it: LIMITS.md
	do(err)
	text := func(name string) string { b, _ := os.ReadFile(filepath.Join(there, name)); return string(b) }
	do(lin.Until(ctx, "what was done on Windows", func(drive.Picture) bool {
		_, err := os.Stat(filepath.Join(there, "deep/er/b.txt"))
		return text("new/from windows.txt") == "hello" && text("a.txt") == "edited on Windows" &&
			text("new/grüße.txt") == "from Linux: grüße.txt" && os.IsNotExist(err)
	}))
	write(filepath.Join(there, "a.txt"), "edited on Linux")
	same("a.txt")
	for _, name := range impossible {
		if text(name) != name {
			t.Errorf("%q, which Windows cannot hold, is %q here", name, text(name))
		}
	}
}
