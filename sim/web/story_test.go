//go:build linux

package web

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"kith/sim/drive"
)

// story is a world in which a little of everything is going on, as anna sees it.
type story struct {
	*world
	anna, ben, nas, dora *machine
}

const letter = `Dear Ben,

thank you for the weekend. The photos are in the folder.
We should do the tour along the coast again next year,
perhaps with the children.

Budget: 400 for the hut, 120 for the train.

Yours,
Anna
`

// tell makes the story happen, up to where much waits for anna.
func (w *world) tell() *story {
	w.Helper()
	s := &story{world: w}
	s.anna, s.ben, s.nas = w.machine("anna", "Anna's laptop"), w.machine("ben", "Ben-PC"), w.machine("nas", "attic-nas")
	w.pair(s.anna, s.ben)
	w.pair(s.anna, s.nas)
	s.documents()
	s.photos()
	s.anna.write("Recipes/bread.md", "# Bread\n")
	s.anna.kith("share", filepath.Join(s.anna.user, "Recipes"))
	w.must(s.nas.Quit())
	s.conflicts()
	s.ben.write("Project X/plan.md", "# Project X\n")
	s.ben.kith("share", filepath.Join(s.ben.user, "Project X"), "--with", s.anna.Name)
	s.dora = w.machine("dora", "Dora's Mac")
	s.dora.until("to see anna", func(p drive.Picture) bool { return p.Sees(s.anna.Name) })
	return s
}

// documents are a folder whose files have a past.
func (s *story) documents() {
	s.anna.write("Documents/letter.txt", letter)
	s.anna.write("Documents/minutes/2026-11.md", "# Minutes\n\nPresent: Anna, Ben\n")
	s.anna.write("Documents/budget.csv", "item,cost\nhut,400\ntrain,120\n")
	for i := range 40 {
		s.anna.write(fmt.Sprintf("Documents/archive/report %02d.txt", i), strings.Repeat("All went well. ", 40+i))
	}
	s.share(s.anna, s.ben, "Documents")
	for i, text := range []string{"item,cost\nhut,420\ntrain,120\n", "item,cost\nhut,420\ntrain,135\nfood,80\n", "item,cost\nhut,420\ntrain,135\nfood,95\nboat,60\n"} {
		s.ben.write("Documents/budget.csv", text)
		s.ben.kith("wait", "--timeout", "60s", "Documents")
		s.anna.until(fmt.Sprintf("version %d", i), func(drive.Picture) bool { return s.anna.read("Documents/budget.csv") == text })
	}
	s.must(os.Remove(filepath.Join(s.ben.user, "Documents/archive/report 07.txt")))
	s.ben.kith("scan", "Documents")
	s.anna.until("the report to go", func(drive.Picture) bool { return s.anna.read("Documents/archive/report 07.txt") == "" })
}

func (s *story) photos() {
	for i := range 12 {
		s.anna.write(fmt.Sprintf("Photos/2026/coast %02d.png", i), picture(uint64(i), 0))
	}
	s.anna.write("Photos/logo.png", picture(99, 0))
	s.share(s.anna, s.ben, "Photos")
	s.anna.kith("share", filepath.Join(s.anna.user, "Photos"), "--with", s.nas.Name, "--as", "receive")
	s.nas.accept("Photos")
	s.anna.kith("wait", "--timeout", "60s", "Photos")
}

// conflicts lets both change the same files while they do not meet.
func (s *story) conflicts() {
	for _, folder := range []string{"Documents", "Photos"} {
		s.anna.kith("pause", folder)
	}
	s.anna.write("Documents/letter.txt", strings.Replace(strings.Replace(letter, "weekend", "lovely weekend", 1), "120 for the train", "135 for the train", 1))
	s.anna.write("Photos/logo.png", picture(99, 1))
	s.ben.write("Documents/letter.txt", strings.Replace(letter, "perhaps with the children.", "with the children, and the dog.\nThe boat can be hired in the harbour.", 1))
	s.ben.write("Photos/logo.png", picture(99, 2))
	s.ben.kith("scan")
	for _, folder := range []string{"Documents", "Photos"} {
		s.anna.kith("resume", folder)
	}
	s.anna.until("two conflicts", func(p drive.Picture) bool {
		d, _ := p.Folder("Documents")
		f, _ := p.Folder("Photos")
		return d.Conflicts == 1 && f.Conflicts == 1 && d.State == "in-step" && f.State == "in-step"
	})
}

// films begins a transfer that takes a while: a slow link to ben, a large file.
func (s *story) films() {
	s.ben.host.Run("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "40mbit", "burst", "64kb", "latency", "50ms")
	noise := rand.NewChaCha8([32]byte{7})
	for name, size := range map[string]int{"Films/Coast.mov": 180 << 20, "Films/Hut.mov": 90 << 20} {
		data := make([]byte, size)
		noise.Read(data)
		s.ben.write(name, string(data))
	}
	s.ben.kith("share", filepath.Join(s.ben.user, "Films"), "--with", s.anna.Name)
	s.anna.accept("Films")
	s.anna.until("the film to come", func(p drive.Picture) bool {
		f, _ := p.Folder("Films")
		return f.State == "syncing" && f.Bytes+f.NeedBytes > 200<<20 && f.NeedBytes < 240<<20
	})
}

// asks has dora ask anna to pair, on her own page.
func (s *story) asks() {
	d := s.dora.browser("/devices")
	d.press("Pair with " + s.anna.Name)
	d.sees("show the same six digits?")
}

func (m *machine) read(name string) string {
	b, _ := os.ReadFile(filepath.Join(m.user, name)) // nothing there reads as nothing
	return string(b)
}

// picture draws something that looks like a coast, the same for the same numbers.
func picture(seed, tint uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, 320, 200))
	hills := make([]float64, 320)
	h := 90 + r.Float64()*40
	for x := range hills {
		h += r.NormFloat64() * 1.6
		hills[x] = h
	}
	sky := []color.RGBA{{0xf4, 0xd6, 0xb0, 255}, {0xbf, 0xdc, 0xef, 255}, {0xf2, 0xb8, 0xa2, 255}}[tint]
	for y := range 200 {
		for x := range 320 {
			c := sky
			switch {
			case float64(y) > 160:
				c = color.RGBA{0x2f, 0x6f, 0x8f, 255}
			case float64(y) > hills[x]:
				c = color.RGBA{0x3d, 0x6b, 0x4f, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	png.Encode(&out, img) // into memory: never fails
	return out.String()
}
