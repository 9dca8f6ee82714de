package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// some returns traffic in which the named sources take turns.
func some(names ...string) Traffic {
	t := Traffic{From: time.Date(2026, 11, 22, 14, 20, 12, 0, time.UTC), Part: 4 * time.Second, Parts: 150, Last: time.Second, Nothing: "Nothing moved"}
	for i, name := range names {
		s := Source{Name: name, Color: i, Down: make([]float64, t.Parts), Up: make([]float64, t.Parts)}
		for k := 10 * i; k < 100; k++ {
			s.Down[k], s.Up[k+20] = 5e6*float64(1+k%3), 1e6
		}
		t.Sources = append(t.Sources, s)
	}
	return t
}

// elements returns the names of a picture's elements, its texts, and all values
// of attributes. It fails if the picture is not well-formed.
func elements(t *testing.T, svg []byte) (names, texts, values []string) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return names, texts, values
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			names = append(names, token.Name.Local)
			for _, a := range token.Attr {
				values = append(values, a.Value)
			}
		case xml.CharData:
			texts = append(texts, string(token))
		}
	}
}

func TestAPictureIsInertWhateverTheNames(t *testing.T) {
	hostile := "</text><script>alert(1)</script>\"'&\x00\x1b]]>"
	for _, theme := range []Theme{Auto, Light, Dark} {
		svg, err := SVG(some(hostile, "Ben-PC"), 720, 260, theme)
		if err != nil {
			t.Fatal(err)
		}
		names, texts, values := elements(t, svg)
		for _, name := range names {
			if !slices.Contains([]string{"svg", "style", "path", "text", "circle"}, name) {
				t.Errorf("%s: there is an element %s", theme, name)
			}
		}
		if !slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(s, "</text><script>alert") }) {
			t.Errorf("%s: the name is not shown as it is: %q", theme, texts)
		}
		if slices.ContainsFunc(values, func(s string) bool { return strings.Contains(s, "http") && !strings.Contains(s, "www.w3.org") }) {
			t.Errorf("%s: there is a link: %q", theme, values)
		}
		if bytes.Contains(svg, []byte(" style=")) {
			t.Errorf("%s: a strict page would refuse its style attributes", theme)
		}
	}
}

func TestAPictureSaysInWordsWhatItShows(t *testing.T) {
	for _, c := range []struct {
		t    Traffic
		want string
	}{
		{some("Ben-PC"), "Ben-PC: ↓ 4 GB ↑ 400 MB"},
		{some(), "Nothing moved"},
	} {
		svg, err := SVG(c.t, 320, 160, Auto)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, values := elements(t, svg); !slices.Contains(values, c.want) {
			t.Errorf("no %q in %q", c.want, values)
		}
	}
}

func TestEveryColourIsInTheSheet(t *testing.T) {
	for i := range Colors + 1 {
		last := strings.Fields(class(Source{Color: i}))[1]
		if !strings.Contains(looks, ".kith-plot ."+last+" {") {
			t.Errorf("%s has no colour", last)
		}
	}
}

func TestAxesHoldEverything(t *testing.T) {
	for _, rates := range [][2]float64{{0, 0}, {1, 0}, {0, 1}, {3e6, 0}, {0, 7e9}, {99e6, 1}, {1e12, 1e12}} {
		x := Traffic{Parts: 1, Sources: []Source{{Down: rates[:1], Up: rates[1:]}}}
		for _, height := range []int{MinHeight, 260, MaxHeight} {
			s := scaleOf(x, height)
			marks := s.marks()
			if s.in < rates[0] || s.out < rates[1] || !slices.Contains(marks, 0) {
				t.Errorf("%v at %d: %+v, marks %v", rates, height, s, marks)
			}
			if len(marks) < 2 || len(marks) > 2+height/markEvery {
				t.Errorf("%v at %d: %d marks", rates, height, len(marks))
			}
			digits := s.step / math.Pow(10, math.Floor(math.Log10(s.step)*1.0000001))
			if r := math.Round(digits*1e6) / 1e6; !slices.Contains([]float64{1, 2, 5, 10}, r) {
				t.Errorf("%v at %d: a mark every %v", rates, height, s.step)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[float64]string{
		0: "0 B", 999: "999 B", 1000: "1 kB", 1500: "1.5 kB", 9960: "10 kB", 48.2e6: "48 MB", 999.6e6: "1 GB", 2e15: "2 PB", 5e18: "5000 PB",
	} {
		if got := size(n); got != want {
			t.Errorf("%v is said %q, not %q", n, got, want)
		}
	}
}

func TestTimesAreRound(t *testing.T) {
	x := some("a")
	var got []string
	for _, tick := range timeTicks(x, 320) {
		got = append(got, tick.Label)
	}
	if want := []string{"", "14:25", "14:30", ""}; !slices.Equal(got, want) {
		t.Errorf("marked %q, not %q", got, want)
	}
}
