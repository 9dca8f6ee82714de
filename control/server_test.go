package control

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"kith/index"
)

// serve opens the door of a desk.
func serve(t *testing.T, d *desk) *Door {
	t.Helper()
	s, err := Listen(d.cfg.Home, d.Desk, d.cfg.Activity, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	door, err := Knock(t.Context(), d.cfg.Home)
	if err != nil {
		t.Fatal(err)
	}
	return door
}

func TestTheDoorShowsAndDoes(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	door := serve(t, d)
	dir := d.mkdir("docs")
	r, err := door.Do(t.Context(), Command{Verb: Share, Dir: dir})
	if err != nil || r.Folder == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	var seen Picture
	stop := errors.New("stop")
	err = door.Watch(t.Context(), r.Rev-1, func(p Picture) error {
		seen = p
		return stop
	})
	if !errors.Is(err, stop) || len(seen.Folders) != 1 || seen.Rev < r.Rev {
		t.Fatalf("watched %+v, %v", seen, err)
	}
	_, err = door.Do(t.Context(), Command{Verb: Share, Dir: dir + "/none"})
	var fault *Fault
	if !errors.As(err, &fault) || fault.Kind != Failed || fault.Next == "" {
		t.Errorf("a fault came as %+v", err)
	}
	entries, err := door.Log(t.Context())
	if err != nil || len(entries) == 0 || entries[0].Verb != "shared" {
		t.Errorf("log %+v, %v", entries, err)
	}
}

func TestFollowSeesWhatComes(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	door := serve(t, d)
	d.note(Entry{Verb: "first"})
	stop := errors.New("stop")
	var verbs []string
	err := door.Follow(t.Context(), func(entries []Entry) error {
		for _, e := range entries {
			verbs = append(verbs, e.Verb)
		}
		if slices.Contains(verbs, "second") {
			return stop
		}
		d.note(Entry{Verb: "second"})
		return nil
	})
	if !errors.Is(err, stop) || !slices.Equal(verbs, []string{"first", "second"}) {
		t.Errorf("followed %v, %v", verbs, err)
	}
}

func TestTheSocketIsClosedToOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("rights are in access lists there")
	}
	d := newTestDesk(t, keyOf(1))
	serve(t, d)
	home := d.cfg.Home
	for path, want := range map[string]os.FileMode{home.socketThere(): 0o600, home.Run: 0o700} {
		info, err := os.Stat(path)
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != want {
			t.Errorf("%s: %v", path, info.Mode())
		}
	}
}

func TestALongHomeHasAShortSocket(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	long := filepath.Join(d.dir, strings.Repeat("long/", 25))
	t.Setenv("XDG_RUNTIME_DIR", "")
	home, err := FindHome(long)
	if err == nil {
		err = home.Make()
	}
	if err != nil {
		t.Fatal(err)
	}
	d.cfg.Home = home
	serve(t, d)
	if at := home.socketThere(); len(at) > maxSocketPath {
		t.Errorf("the socket is at %s", at)
	}
	t.Cleanup(func() { os.RemoveAll(filepath.Dir(home.socketThere())) })
}

func TestNobodyHome(t *testing.T) {
	home, err := FindHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	_, err = Knock(t.Context(), home)
	var fault *Fault
	if !errors.As(err, &fault) || fault.Kind != Absent {
		t.Errorf("knocked: %v", err)
	}
}

func TestOneHomeHasOneApp(t *testing.T) {
	home, err := FindHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	first, err := home.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := home.Lock(); !errors.Is(err, ErrRunning) {
		t.Errorf("second: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := home.Lock()
	if err != nil {
		t.Fatalf("after the first ended: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestALeftoverSocketIsNoObstacle(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	l, err := net.Listen("unix", d.cfg.Home.socketThere())
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	serve(t, d)
}

func TestWhatTheServerRefuses(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	door := serve(t, d)
	big := `{"verb":"scan","dir":"` + strings.Repeat("x", maxCommand) + `"}`
	for _, c := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"a command with an unknown field", "POST", "/v1/command", `{"verb":"scan","force":true}`, 422},
		{"a command that is no JSON", "POST", "/v1/command", `scan`, 422},
		{"two commands", "POST", "/v1/command", `{"verb":"scan"}{"verb":"quit"}`, 422},
		{"a command beyond the limit", "POST", "/v1/command", big, 422},
		{"a command by GET", "GET", "/v1/command", ``, 405},
		{"a place that there is none", "GET", "/v1/other", ``, 404},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, "http://kith"+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := door.http.Do(req)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != c.status {
			t.Errorf("%s: %s, want %d", c.name, res.Status, c.status)
		}
	}
}

func TestActivityOutlivesARun(t *testing.T) {
	home, err := FindHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for run, want := range []int{1, 2} {
		a, err := OpenActivity(home)
		if err != nil {
			t.Fatal(err)
		}
		a.Add(Entry{At: time.Unix(int64(run), 0).UTC(), Verb: "x", Path: "a\nb"})
		if got, _ := a.Latest(10); len(got) != want {
			t.Errorf("run %d has %d entries", run, len(got))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := errors.Join(a.Run(ctx), a.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(home.Activity(), []byte("{\"at\":\"2026-01-01T00:00:00Z\",\"verb\":\"x\"}\n{\"at\":\"20"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := readEntries(home.Activity()); len(got) != 1 {
		t.Errorf("a line cut off costs others: %v", got)
	}
}

func TestActivityKeepsTheLatest(t *testing.T) {
	a := &Activity{more: make(chan struct{}), wake: make(chan struct{}, 1)}
	for i := range 2*maxEntries + 7 {
		a.Add(Entry{Verb: "x", Device: string(rune(i))})
	}
	got, next := a.Latest(maxEntries)
	if len(got) != maxEntries || next != 2*maxEntries+7 || got[len(got)-1].Device != string(rune(2*maxEntries+6)) {
		t.Errorf("%d entries, next %d", len(got), next)
	}
	rest, _, err := a.After(t.Context(), next-2)
	if err != nil || len(rest) != 2 {
		t.Errorf("%d after, %v", len(rest), err)
	}
}

func TestRotorNeverGrowsWithoutBound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	r, err := openRotor(path, 3, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		if _, err := r.Write([]byte(strings.Repeat(string(rune('A'+i)), 30))); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if newest, err := os.ReadFile(path); err != nil || !strings.HasSuffix(string(newest), strings.Repeat(string(rune('A'+59)), 30)) {
		t.Errorf("the newest part ends otherwise than with what was written last: %q, %v", newest, err)
	}
	parts, err := filepath.Glob(path + "*")
	if err != nil || len(parts) != 3 {
		t.Fatalf("%v, %v", parts, err)
	}
	for _, part := range parts {
		if info, err := os.Stat(part); err != nil || info.Size() > 100 {
			t.Errorf("%s: %d bytes, %v", part, info.Size(), err)
		}
	}
}

func TestLogIsCalm(t *testing.T) {
	var out strings.Builder
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	h := newCalm(slog.NewTextHandler(&out, nil))
	say := func(after time.Duration, msg string, attrs ...slog.Attr) {
		r := slog.NewRecord(now.Add(after), slog.LevelInfo, msg, 0)
		r.AddAttrs(attrs...)
		if err := h.Handle(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 {
		say(time.Duration(i)*time.Second, "refused", slog.String("device", "a"), slog.Int("n", i))
	}
	say(11*time.Second, "refused", slog.String("device", "b\x1b[2J\u202e"))
	say(2*time.Minute, "refused", slog.String("device", "a"))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[2], "repeated=9") {
		t.Errorf("logged:\n%s", out.String())
	}
	if strings.ContainsAny(out.String(), "\x1b\u202e") {
		t.Errorf("not escaped:\n%q", out.String())
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"Photos": "Photos", "  a \t b\n": "a b", "\x00\u202e": "unnamed", strings.Repeat("é", 99): strings.Repeat("é", 64),
		"a\xff\xfeb": "ab",
	} {
		if got := cleanName(in, maxFolderName); got != want {
			t.Errorf("cleanName(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"a/b\\c:d": "a_b_c_d", "..": "_", ".kith": "_.kith", "CON": "_CON", "com1.txt": "_com1.txt", "x. ": "x", "Ä?": "Ä_",
	} {
		got := dirName(in)
		if got != want {
			t.Errorf("dirName(%q) = %q, want %q", in, got, want)
		}
		if _, err := index.ParsePath(got); err != nil {
			t.Errorf("dirName(%q): %v", in, err)
		}
	}
	for in, want := range map[string]string{
		"plain é ✿": "plain é ✿", "\x1b[31m": `\u001b[31m`, "a\u202eb": `a\u202eb`, "\xff": `\xff`, "\U000E0001": `\U000e0001`,
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzDecodeCommand: whatever comes, decoding ends with a command or a fault.
func FuzzDecodeCommand(f *testing.F) {
	f.Add(`{"verb":"share","dir":"/x","with":["a"],"for_s":3}`)
	f.Add(`{"verb":`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, body string) {
		_, err := DecodeCommand(strings.NewReader(body))
		var fault *Fault
		if err != nil && !errors.As(err, &fault) {
			t.Fatalf("not a fault: %v", err)
		}
	})
}
