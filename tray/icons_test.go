package tray

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
)

func picture(t *testing.T, i Icon) image.Image {
	t.Helper()
	f, err := os.Open(filepath.Join("icons", string(i)+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// small is a drawing at 16 pixels: how much of each is covered, from 0 to 1.
func small(img image.Image) (out [16][16]float64) {
	n := img.Bounds().Dx() / 16
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			_, _, _, a := img.At(x, y).RGBA()
			out[y/n][x/n] += float64(a) / 0xffff / float64(n*n)
		}
	}
	return out
}

// Two states are told apart by their shape alone, by who sees no colours.
func TestIconsAreToldApartByShapeAt16Pixels(t *testing.T) {
	for i, a := range icons {
		for _, b := range icons[:i] {
			one, other := small(picture(t, a)), small(picture(t, b))
			differ := 0.0
			for y := range 16 {
				for x := range 16 {
					differ += math.Abs(one[y][x] - other[y][x])
				}
			}
			if differ < 20 { // of 256 pixels
				t.Errorf("%s and %s differ in no more than %.1f pixels", a, b, differ)
			}
		}
	}
}

// A panel may be light or dark, and nobody says which: every colour is told from
// both, with the contrast that WCAG 2.1 (1.4.11) asks of graphics.
func TestIconsAreSeenOnLightAndDarkPanels(t *testing.T) {
	for _, i := range icons {
		img := picture(t, i)
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
				if c.A < 250 {
					continue
				}
				for _, panel := range []color.NRGBA{{0xff, 0xff, 0xff, 0xff}, {0x30, 0x30, 0x30, 0xff}} {
					if got := contrast(c, panel); got < 3 {
						t.Fatalf("%s: contrast of %v on %v is %.2f", i, c, panel, got)
					}
				}
			}
		}
	}
}

// contrast and luminance are those of WCAG 2.1.
func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// Every icon is there in every form, and its drawing beside it.
func TestEveryIconIsThereInEveryForm(t *testing.T) {
	for _, i := range icons {
		for _, form := range []string{".svg", ".png", ".template.png", ".light.ico", ".dark.ico"} {
			if info, err := os.Stat(filepath.Join("icons", string(i)+form)); err != nil || info.Size() == 0 {
				t.Errorf("%s%s: %v", i, form, err)
			}
		}
	}
}
