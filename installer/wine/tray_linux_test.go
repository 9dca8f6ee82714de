package wine

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// desktop is a desktop of Windows on a screen in memory: with a taskbar, on which
// the icons of programs lie at the right.
type desktop struct {
	t   *testing.T
	ctx context.Context
	env []string // for programs of X
}

// newDesktop opens a desktop in a box and has it start a program, which has to say
// something when it is ready.
func newDesktop(ctx context.Context, t *testing.T, box *Box, program string, args ...string) *desktop {
	t.Helper()
	screen := exec.Command("Xvfb", "-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp")
	out, err := screen.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := screen.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Process.Kill(); screen.Wait() })
	number := make([]byte, 16)
	n, err := out.Read(number)
	if err != nil {
		t.Fatalf("no screen: %v", err)
	}
	display := "DISPLAY=:" + string(bytes.TrimSpace(number[:n]))

	if err := box.Close(); err != nil { // what serves it began without a screen
		t.Fatal(err)
	}
	cmd := box.Command("explorer", append([]string{"/desktop=kith,800x600", program}, args...)...)
	cmd.Env = append(cmd.Env, display)
	said, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close(); cmd.Process.Kill(); cmd.Wait() })
	ready := make(chan error, 1)
	go func() {
		_, err := said.Read(make([]byte, 1))
		ready <- err
		io.Copy(io.Discard, said)
	}()
	select {
	case err := <-ready:
		if err != nil {
			t.Fatalf("the program did not get ready: %v", err)
		}
	case <-ctx.Done():
		t.Fatal("the program did not get ready")
	}
	return &desktop{t, ctx, append(os.Environ(), display)}
}

func (d *desktop) x(name string, args ...string) []byte {
	d.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = d.env
	out, err := cmd.Output()
	if err != nil {
		d.t.Fatalf("%s: %v", cmd, err)
	}
	return out
}

func (d *desktop) picture() image.Image {
	d.t.Helper()
	p, err := png.Decode(bytes.NewReader(d.x("import", "-window", "root", "png:-")))
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

// until takes pictures until one is as it should be.
func (d *desktop) until(what string, ok func(image.Image) bool) image.Image {
	d.t.Helper()
	for {
		p := d.picture()
		if ok(p) {
			return p
		}
		select {
		case <-d.ctx.Done():
			d.t.Fatalf("not seen: %s", what)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// differs returns the smallest rectangle outside of which two pictures are the
// same, as far as they lie within an area.
func differs(a, b image.Image, area image.Rectangle) (r image.Rectangle) {
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if color.RGBAModel.Convert(a.At(x, y)) != color.RGBAModel.Convert(b.At(x, y)) {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

// The icon lies beside the clock, tells under the mouse how things are, and opens
// its menu, by which Kith is ended. What is seen is the whole program, built so
// that it can listen under Wine.
func TestTheTrayByMouse(t *testing.T) {
	if os.Getenv("KITH_PACKAGES") != "all" {
		t.Skip("a desktop of its own takes a while: make test-packages")
	}
	for _, p := range []string{"Xvfb", "xdotool", "import"} {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not here", p)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	box := newBox(t)
	program := buildForWine(t, "-H=windowsgui")
	light := box.Command("reg", "add", `HKCU\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize`, "/v", "SystemUsesLightTheme", "/t", "REG_DWORD", "/d", "1", "/f")
	if err := light.Run(); err != nil { // as Wine's taskbar is
		t.Fatal(err)
	}
	d := newDesktop(ctx, t, box, program, "run", "--listen", "127.0.0.1:0")

	bar, above := image.Rect(700, 582, 800, 600), image.Rect(0, 0, 800, 580)
	white := image.NewUniform(color.White)
	d.until("the icon", func(p image.Image) bool { return !differs(p, white, bar).Empty() })
	d.x("xdotool", "mousemove", "400", "300")
	isBare := func(p image.Image) bool { return differs(p, image.NewUniform(p.At(10, 10)), above).Empty() }
	d.until("a bare desktop", isBare)
	d.x("xdotool", "mousemove", "785", "590", "sleep", "0.3", "mousemove", "790", "591")
	d.until("what the icon says", func(p image.Image) bool {
		r := differs(p, image.NewUniform(p.At(10, 10)), above)
		return r.Dx() > 60 && r.Dy() > 10
	})
	d.x("xdotool", "mousemove", "400", "300")
	bare := d.until("a bare desktop again", isBare)

	d.x("xdotool", "mousemove", "790", "590", "click", "3")
	var menu image.Rectangle
	d.until("the menu", func(p image.Image) bool {
		menu = differs(p, bare, image.Rect(0, 0, 800, 600))
		return menu.Dx() > 100 && menu.Dy() > 150
	})

	index, err := filepath.Glob(box.C("users", "*", "AppData", "Local", "kith", "index.db-wal"))
	if err != nil || len(index) != 1 {
		t.Fatalf("an open index: %q, %v", index, err)
	}
	quit := image.Pt(menu.Min.X+30, menu.Max.Y-12) // the last line
	d.x("xdotool", "mousemove", strconv.Itoa(quit.X), strconv.Itoa(quit.Y), "sleep", "0.2", "mousemove", strconv.Itoa(quit.X+1), strconv.Itoa(quit.Y), "sleep", "0.2", "click", "1")
	for { // a Kith that ends as it should puts its index in order
		if _, err := os.Stat(index[0]); err != nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal("Quit was chosen, and Kith runs on")
		case <-time.After(100 * time.Millisecond):
		}
	}
}
