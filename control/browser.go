package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrNoScreen says that there is no screen on which a browser could be shown.
var ErrNoScreen = errors.New("there is no screen here")

// shortLogin is how long, in seconds, a URL is good that had to stand on a command
// line, where other users of the machine can read it.
const shortLogin = 20

// ShowPage shows a place on the page in this person's browser. do carries out a
// command: Door.Do or Desk.Do.
func ShowPage(ctx context.Context, do func(context.Context, Command) (Reply, error), place string) error {
	if !hasScreen() {
		return ErrNoScreen
	}
	c := Command{Verb: Open, Place: place}
	if browserIsConfined(ctx) {
		c.Direct, c.For = true, shortLogin
	}
	r, err := do(ctx, c)
	if err != nil {
		return err
	}
	return browse(r.URL)
}

func hasScreen() bool {
	switch runtime.GOOS {
	case "windows", "darwin":
		return true
	}
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// browse has the system open a URL, and does not wait for the browser's end.
func browse(url string) error {
	var cmd *exec.Cmd
	switch runtime.GOOS {
	case "windows":
		cmd = exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
	case "darwin":
		cmd = exec.Command("open", url)
	default:
		cmd = exec.Command("xdg-open", url)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open the browser: %w", err)
	}
	go cmd.Wait()
	return nil
}

// browserIsConfined reports whether the usual browser is one that may not read
// files of this person's run directory, as those from snap and flatpak are.
func browserIsConfined(ctx context.Context) bool {
	if runtime.GOOS != "linux" {
		return false
	}
	out, err := exec.CommandContext(ctx, "xdg-settings", "get", "default-web-browser").Output()
	name := strings.TrimSpace(string(out))
	if err != nil || name == "" {
		return false
	}
	user, _ := os.UserHomeDir() // without one, only the system's places are looked at
	for _, dir := range []string{
		"/var/lib/snapd/desktop/applications", "/var/lib/flatpak/exports/share/applications",
		filepath.Join(user, ".local/share/flatpak/exports/share/applications"),
	} {
		if _, err := os.Stat(filepath.Join(dir, filepath.Base(name))); err == nil {
			return true
		}
	}
	return false
}
