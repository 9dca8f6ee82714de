//go:build linux

package tray

import (
	"bufio"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sync/errgroup"

	"kith/sim/drive"
)

// picturesEnv names the directory into which pictures are put; without it none
// are made. See make screenshots.
const picturesEnv = "KITH_SCREENSHOTS"

// TestScreenshots shows the tray in a real panel, on a screen in memory, and
// keeps pictures of it.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv(picturesEnv)
	if dir == "" {
		t.Skip("pictures are made by: make screenshots")
	}
	for _, program := range []string{"Xvfb", "xfce4-panel", "openbox", "xdotool", "import", "convert"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("there is no " + program + " here")
		}
	}
	w := newWorld(t, "anna", "ben", "carl", "nas")
	s := w.newScreen()
	anna := w.machineOn(s.bus, "anna", "Anna's laptop")
	ben, carl, nas := w.machine("ben", "Ben-PC"), w.machine("carl", "Carl's PC"), w.machine("nas", "NAS")
	w.must(anna.Start(w.ctx))
	for _, m := range []*machine{ben, carl, nas} {
		m.start()
	}
	w.furnish(anna, ben, nas)
	go carl.Kith(w.ctx, "pair", "Anna's laptop", "--yes") // waits for an answer that nobody gives

	icon := s.icon(anna)
	icon.await("Requests (2)", "Carl's PC wants to pair")
	icon.await("Budget · 1 conflict")
	s.openMenu()
	s.walkTo(icon.read(), "Photos")
	s.press("Right", "Down", "Down", "Right")
	s.shoot(filepath.Join(dir, "tray-folder.png"))
	s.press("Left", "Left")
	s.walkTo(icon.read(), "Requests (2)")
	s.press("Right", "Right")
	s.shoot(filepath.Join(dir, "tray.png"))
}

// furnish gives a device folders that are in step, in conflict and offered.
func (w *world) furnish(anna, ben, nas *machine) {
	w.Helper()
	for _, m := range []*machine{ben, nas} {
		w.must(drive.Pair(w.ctx, anna.Device, m.Device))
	}
	for i := range 40 {
		anna.write(fmt.Sprintf("Photos/2026/beach %d.jpg", i), strings.Repeat("sand", 50_000))
		anna.write(fmt.Sprintf("Budget/%d.ods", i), "1")
		ben.write(fmt.Sprintf("Project X/part %d.md", i), "text")
	}
	w.must(anna.Share(w.ctx, filepath.Join(anna.user, "Photos"), "Photos", ben.Device, nas.Device))
	w.must(anna.Share(w.ctx, filepath.Join(anna.user, "Budget"), "Budget", ben.Device))
	w.must(ben.Share(w.ctx, filepath.Join(ben.user, "Project X"), "Project X", anna.Device))
	for _, m := range []*machine{ben, nas} {
		w.must(m.Accept(w.ctx, "Photos", filepath.Join(m.user, "Photos")))
	}
	w.must(ben.Accept(w.ctx, "Budget", filepath.Join(ben.user, "Budget")))
	w.must(anna.Wait(w.ctx, "Budget", patience))
	ben.kith("pause")
	ben.write("Budget/1.ods", "Ben's numbers")
	anna.write("Budget/1.ods", "Anna's")
	anna.kith("scan")
	ben.kith("resume")
	w.must(anna.Wait(w.ctx, "Photos", patience))
	w.must(anna.Offered(w.ctx, "Project X"))
	anna.kith("autostart", "on")
}

// screen is an X server in memory, with a panel.
type screen struct {
	w       *world
	bus     *bus
	display string
}

const background = "#5b7083"

const panelConfig = `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="true"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="30"/>
      <property name="icon-size" type="uint" value="20"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/><value type="int" value="2"/><value type="int" value="3"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="separator"><property name="expand" type="bool" value="true"/><property name="style" type="uint" value="0"/></property>
    <property name="plugin-2" type="string" value="systray"/>
    <property name="plugin-3" type="string" value="clock"/>
  </property>
</channel>
`

func (w *world) newScreen() *screen {
	w.Helper()
	x := exec.CommandContext(w.ctx, "Xvfb", "-displayfd", "1", "-screen", "0", "900x620x24", "-nolisten", "tcp")
	out, err := x.StdoutPipe()
	w.must(err)
	w.must(x.Start())
	w.Cleanup(func() { x.Process.Kill(); x.Wait() })
	number, err := bufio.NewReader(out).ReadString('\n')
	w.must(err)
	config := filepath.Join(w.TempDir(), "config")
	s := &screen{w: w, bus: newBus(w.ctx, w.T, config), display: ":" + strings.TrimSpace(number)}
	settings := filepath.Join(config, "xfce4/xfconf/xfce-perchannel-xml")
	w.must(os.MkdirAll(settings, 0o755))
	w.must(os.WriteFile(filepath.Join(settings, "xfce4-panel.xml"), []byte(panelConfig), 0o644))
	s.start(config, "openbox", "--sm-disable")
	s.start(config, "xfce4-panel", "--disable-wm-check")
	return s
}

func (s *screen) env(config string) []string {
	return append(os.Environ(), "DISPLAY="+s.display, "DBUS_SESSION_BUS_ADDRESS="+s.bus.address,
		"XDG_CONFIG_HOME="+config, "XDG_CACHE_HOME="+config, "NO_AT_BRIDGE=1", "LANG=C.UTF-8", "WAYLAND_DISPLAY=")
}

func (s *screen) start(config, program string, args ...string) {
	s.w.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = s.env(config)
	s.w.must(cmd.Start())
	s.w.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
}

func (s *screen) run(program string, args ...string) string {
	s.w.Helper()
	cmd := exec.CommandContext(s.w.ctx, program, args...)
	cmd.Env = s.env(s.w.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.w.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
	return string(out)
}

func (s *screen) press(keys ...string) {
	s.w.Helper()
	for _, k := range keys {
		s.run("xdotool", "key", k)
		s.settle()
	}
}

// icon finds the icon of the program on the bus, which the panel has taken in.
func (s *screen) icon(m *machine) *icon {
	s.w.Helper()
	name := fmt.Sprintf("org.kde.StatusNotifierItem-%d-1", m.PID())
	g, ctx := errgroup.WithContext(s.w.ctx)
	g.Go(func() error {
		for {
			v, err := s.bus.conn.Object(watcherName, watcherPath).GetProperty(watcherName + ".RegisteredStatusNotifierItems")
			if items, ok := v.Value().([]string); err == nil && ok && len(items) > 0 {
				return nil
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("the panel took no icon in: %w", ctx.Err())
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	s.w.must(g.Wait())
	return s.bus.lookAt(item{name, dbus.ObjectPath("/StatusNotifierItem")})
}

// settle waits until the screen looks the same twice.
func (s *screen) settle() string {
	s.w.Helper()
	last := ""
	for {
		file := filepath.Join(s.w.TempDir(), "screen.png")
		s.run("import", "-window", "root", file)
		sum := s.run("identify", "-format", "%#", file)
		if sum == last {
			return file
		}
		last = sum
		select {
		case <-s.w.ctx.Done():
			s.w.Fatal("the screen does not come to rest")
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// openMenu clicks the icon, which it finds in the panel by its colour.
func (s *screen) openMenu() {
	s.w.Helper()
	x, y := s.where(s.settle())
	s.run("xsetroot", "-solid", background) // others are done with it by now
	s.run("xdotool", "mousemove", fmt.Sprint(x), fmt.Sprint(y), "click", "1")
	s.settle()
}

// where returns the middle of what has the colour of a dot that wants attention.
func (s *screen) where(file string) (x, y int) {
	s.w.Helper()
	f, err := os.Open(file)
	s.w.must(err)
	defer f.Close()
	img, err := png.Decode(f)
	s.w.must(err)
	n := 0
	for py := range 30 {
		for px := range img.Bounds().Dx() {
			r, g, b, _ := img.At(px, py).RGBA()
			if r>>8 > 0xb0 && g>>8 > 0x60 && g>>8 < 0x90 && b>>8 < 0x40 {
				x, y, n = x+px, y+py, n+1
			}
		}
	}
	if n == 0 {
		s.w.Fatal("the icon is not on the screen")
	}
	return x / n, y / n
}

// walkTo presses Home and then Down until a line of the menu is chosen.
func (s *screen) walkTo(menu []entry, label string) {
	s.w.Helper()
	s.press("Home")
	for _, e := range menu {
		if strings.HasPrefix(e.label, label) {
			return
		}
		if !e.separate && e.enabled {
			s.press("Down")
		}
	}
	s.w.Fatalf("the menu has no %q", label)
}

// shoot keeps a picture of what is not just background.
func (s *screen) shoot(file string) {
	s.w.Helper()
	s.run("convert", s.settle(), "-fuzz", "1%", "-trim", "-bordercolor", background, "-border", "12", "+repage", "-strip", file)
}
