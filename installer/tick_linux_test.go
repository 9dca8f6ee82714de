package installer

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// screen is one in memory, with a hand that moves the mouse and types.
type screen struct {
	t       *testing.T
	ctx     context.Context
	display string
}

func newScreen(ctx context.Context, t *testing.T) *screen {
	t.Helper()
	need(t, "Xvfb", "openbox", "xdotool", "import")
	x := command("Xvfb", "-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp")
	out, err := x.StdoutPipe()
	must(t, err)
	must(t, x.Start())
	t.Cleanup(func() { x.Process.Kill(); x.Wait() })
	number := make([]byte, 16)
	n, err := out.Read(number)
	must(t, err)
	s := &screen{t, ctx, "DISPLAY=:" + string(bytes.TrimSpace(number[:n]))}
	frames := command("openbox") // without it a window gets no keys
	frames.Env = append(os.Environ(), s.display)
	must(t, frames.Start())
	t.Cleanup(func() { frames.Process.Kill(); frames.Wait() })
	return s
}

func (s *screen) x(name string, args ...string) string {
	s.t.Helper()
	cmd := command(name, args...)
	cmd.Env = append(os.Environ(), s.display)
	return run(s.t, cmd)
}

// still takes pictures until two in a row are the same, and returns it.
func (s *screen) still() string {
	s.t.Helper()
	for last := ""; ; {
		now := s.x("import", "-window", "root", "ppm:-")
		if now == last {
			return now
		}
		last = now
		select {
		case <-s.ctx.Done():
			s.t.Fatal("the screen does not come to rest")
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// The uninstaller leaves the settings unless they are ticked. It is steered as a
// person does it: the tick by mouse, the buttons by their keys.
func TestTheTickOfTheUninstaller(t *testing.T) {
	if !all() {
		t.Skip("Wine takes its time: make test-packages")
	}
	w := newWindows(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	s := newScreen(ctx, t)
	settings := []string{filepath.Join(w.own, "../../kith"), filepath.Join(w.own, "../../../Roaming/kith")}
	for _, ticked := range []bool{false, true} {
		w.do(w.setup, "/S", "/NOAUTOSTART")
		for _, dir := range settings {
			must(t, os.MkdirAll(dir, 0o755))
		}
		must(t, w.Wait()) // what serves the box is to begin with the screen
		cmd := w.Command(filepath.Join(w.own, "uninstall.exe"))
		cmd.Env = append(cmd.Env, s.display)
		must(t, cmd.Start())
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		window := strings.Fields(s.x("timeout", "120", "xdotool", "search", "--sync", "--onlyvisible", "--name", "^Kith Uninstall"))[0]
		offered := s.still()
		if ticked {
			s.x("xdotool", "mousemove", "--window", window, "214", "163", "click", "1")
			if s.still() == offered {
				t.Fatal("the tick cannot be set")
			}
		}
		s.x("xdotool", "key", "alt+u") // Uninstall
		ended := make(chan error, 1)
		go func() { ended <- w.Wait() }()
		for over := false; !over; {
			select {
			case err := <-ended:
				must(t, err)
				over = true
			case <-ctx.Done():
				t.Fatal("the uninstaller does not end")
			case <-time.After(time.Second):
				s.x("xdotool", "key", "alt+c") // Close, which is there when all is done
			}
		}
		w.gone(w.own)
		for _, dir := range settings {
			if _, err := os.Stat(dir); (err != nil) != ticked {
				t.Errorf("ticked %v, and then %s: %v", ticked, dir, err)
			}
		}
	}
}
