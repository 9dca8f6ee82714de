package sim

import (
	"fmt"
	"strings"
	"testing"

	"kith/peer/wire"
)

// tale reads a scenario told in short, whose devices are connected as wires says.
func tale(t *testing.T, seed uint64, slow int, wires, about string) Scenario {
	t.Helper()
	sc, err := Read(strings.NewReader(fmt.Sprintf("seed %d\nslow %d\nwires %s\n%s", seed, slow, wires, about)))
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// tales are of things that several people do at once where chance would seldom have
// them.
var tales = []struct{ name, wires, about string }{
	{"a file is edited while its name changes its case elsewhere", "mesh", `
		device anna caseblind
		device ben
		device carl caseblind
		1 +0s anna save readme
		2 +1s - settle
		3 +1s anna cut ben
		4 +0s ben cut carl
		5 +0s anna cut carl
		6 +1s anna move readme README
		7 +1s ben save readme
		8 +1s carl longer readme
		9 +1s anna heal ben
		10 +5s ben heal carl`},
	{"a name changes its case in three ways at once", "mesh", `
		device anna caseblind
		device ben
		device carl caseblind
		1 +0s anna save readme
		2 +1s - settle
		3 +1s anna cut ben
		4 +0s ben cut carl
		5 +0s anna cut carl
		6 +1s anna move readme README
		7 +1s ben move readme Readme
		8 +1s carl move readme ReadMe
		9 +1s anna heal ben
		10 +5s ben heal carl
		11 +5s anna heal carl`},
	{"three edit along a line, and the one in the middle is killed again and again", "line", `
		device anna
		device ben
		device carl
		1 +0s anna save a
		2 +1s - settle
		3 +1s anna cut ben
		4 +0s ben cut carl
		5 +1s anna save a
		6 +1s ben save a
		7 +1s carl save a
		8 +1s anna heal ben
		9 +0s ben crash 9
		10 +2s ben start
		11 +0s ben crash 17
		12 +1s ben heal carl
		13 +2s ben start
		14 +1s ben crash 25
		15 +2s ben start`},
	{"all wires stop one after the other, and come back in another order", "mesh", `
		device anna
		device ben
		device carl
		device dora
		1 +0s anna save a
		2 +100ms ben save b
		3 +0s - swizzle
		4 +10ms carl save a
		5 +0s dora huge c
		6 +50ms - swizzle
		7 +10ms anna delete b
		8 +0s ben move a d
		9 +30ms - swizzle`},
	{"an earlier version is brought back while a save arrives, and one goes out", "mesh", `
		device anna
		device ben
		1 +0s anna save a
		2 +1s - settle
		3 +1s anna save a
		4 +1s - settle
		5 +1s anna save a
		6 +0s ben restore a
		7 +1s - settle
		8 +1s ben restore a
		9 +10ms anna save a
		10 +1s - settle
		11 +1s anna delete a
		12 +20ms ben restore a`},
	{"two who were apart for years", "mesh", `
		device anna
		device ben
		1 +0s anna save a
		2 +0s anna save b
		3 +0s anna save d/c
		4 +1s - settle
		5 +1s anna cut ben
		6 +1s anna save a
		7 +0s anna delete b
		8 +0s ben save d/c
		9 +0s ben save new
		10 +1s - leap 800
		11 +1s anna save late
		12 +1s anna heal ben`},
}

func TestTales(t *testing.T) {
	for _, s := range tales {
		t.Run(s.name, func(t *testing.T) {
			for seed := range uint64(5) {
				if r := Run(t, tale(t, seed+1, 1, s.wires, s.about), Options{}); len(r.Broken) > 0 {
					t.Fatalf("seed %d: %s", seed+1, strings.Join(r.Broken, "\n"))
				}
			}
		})
	}
}

// TestWhatIsFetchedIsMovedOrChanged has a person do something to a large file while
// it is on its way to another device, at one moment after the other.
func TestWhatIsFetchedIsMovedOrChanged(t *testing.T) {
	for _, what := range []string{"anna move a b", "anna huge a", "anna save a", "anna delete a", "anna tofile d", "ben save a", "ben move d e"} {
		t.Run(what, func(t *testing.T) {
			during := 0
			for after := 300; after < 1100; after += 100 {
				about := fmt.Sprintf("device anna\ndevice ben\n1 +1s anna huge a\n2 +0s anna huge d/a\n3 +%dms %s\n", after, what)
				var trace []string
				r := Run(t, tale(t, uint64(after), 10, "mesh", about), Options{Trace: func(line string) { trace = append(trace, line) }})
				if len(r.Broken) > 0 {
					t.Fatalf("after %d ms: %s", after, strings.Join(r.Broken, "\n"))
				}
				before := strings.Join(trace, "\n")
				before = before[:strings.LastIndex(before, "person "+what[strings.Index(what, " ")+1:])]
				if strings.Contains(before, "ben fill ") && !strings.Contains(before, "ben received d/a") {
					during++
				}
			}
			if during < 3 {
				t.Errorf("it happened %d times while they were under way", during)
			}
		})
	}
}

// TestAChangeReachesTwentyAtOnce has twenty devices that all know each other: each
// fetches what one of them saves once, and nobody tells more than each of the others.
func TestAChangeReachesTwentyAtOnce(t *testing.T) {
	const devices = 20
	var about strings.Builder
	for i := range devices {
		fmt.Fprintf(&about, "device d%d\n", i)
	}
	about.WriteString("1 +30s d0 save a\n2 +30s - settle\n")
	pieces, updates := map[string]int{}, 0
	flaw := Flaw{
		Bytes: func(_, to string, data []byte) []byte { pieces[to]++; return data },
		Send: func(_, _ string, m wire.Message) wire.Message {
			if u, ok := m.(*wire.Update); ok && len(u.Files) > 0 {
				updates++
			}
			return m
		},
	}
	if r := Run(t, tale(t, 1, 1, "mesh", about.String()), Options{Flaw: flaw}); len(r.Broken) > 0 {
		t.Fatal(strings.Join(r.Broken, "\n"))
	}
	for to, n := range pieces {
		if n != 1 {
			t.Errorf("%s fetches it %d times", to, n)
		}
	}
	if len(pieces) != devices-1 || updates > devices*(devices-1) {
		t.Errorf("%d devices fetched it, and it was told of %d times", len(pieces), updates)
	}
}

// TestATransferThatIsCutGoesOn cuts the wire again and again while a large file is on
// its way, and ends the program that fetches it, at one moment after the other: what
// came is not sent once more.
func TestATransferThatIsCutGoesOn(t *testing.T) {
	const interruptions = 3
	during := 0
	for after := 60; after < 660; after += 30 {
		about := fmt.Sprintf(`
		device anna
		device ben
		1 +1s anna huge a
		2 +%dms anna cut ben
		3 +200ms anna heal ben
		4 +1s ben cut anna
		5 +1s anna heal ben
		6 +1s ben crash 3
		7 +1s ben start`, after)
		sent, most, seed := 0, 0, uint64(after)
		flaw := Flaw{Bytes: func(_, _ string, data []byte) []byte {
			sent, most = sent+len(data), max(most, len(data))
			return data
		}}
		var trace []string
		r := Run(t, tale(t, seed, 10, "mesh", about), Options{Flaw: flaw, Trace: func(line string) { trace = append(trace, line) }})
		if len(r.Broken) > 0 {
			t.Fatalf("cut after %d ms: %s", after, strings.Join(r.Broken, "\n"))
		}
		if more := sent - len(hugeText(seed, 1)); more > interruptions*most {
			t.Errorf("cut after %d ms: %d bytes were sent more than once", after, more)
		}
		before, _, _ := strings.Cut(strings.Join(trace, "\n"), "anna cut ben")
		if strings.Contains(before, "ben fill done a") && !strings.Contains(before, "ben received a") {
			during++
		}
	}
	if during < 10 {
		t.Errorf("it was cut %d times while it was under way", during)
	}
}
