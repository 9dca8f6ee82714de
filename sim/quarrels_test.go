package sim

import (
	"fmt"
	"strings"
	"testing"
)

// acts are what one person may do to the files there are: a, b, d/a and d/b.
var acts = []string{
	"save a", "touch a", "delete a", "todir a", "link a", "move a b", "move a c", "move b a", "move b c", "swap a b",
	"save new", "common new", "save d/a", "save d/new", "delete d/a", "delete d", "move d e", "move d g", "move d/a a", "tofile d", "restore a",
}

// TestEveryPairOfActs has two people do one thing each without hearing of the other,
// in all combinations, while a third one looks on.
func TestEveryPairOfActs(t *testing.T) {
	for i, annas := range acts {
		for j, bens := range acts {
			if testing.Short() && (i+j)%5 > 0 {
				continue
			}
			quarrel(t, uint64(i*len(acts)+j), map[string]string{"anna": annas, "ben": bens})
		}
	}
}

// TestEveryThreeActs has three people do one of the sharper things each.
func TestEveryThreeActs(t *testing.T) {
	sharp := []string{"save a", "delete a", "todir a", "move a b", "move a c", "move b a"}
	for i, annas := range sharp {
		for j, bens := range sharp {
			for k, carls := range sharp {
				if testing.Short() && (i+j+k)%6 > 0 {
					continue
				}
				quarrel(t, uint64((i*len(sharp)+j)*len(sharp)+k), map[string]string{"anna": annas, "ben": bens, "carl": carls})
			}
		}
	}
}

// quarrel plays a scenario in which some of three people do something while nobody
// hears of anybody.
func quarrel(t *testing.T, seed uint64, does map[string]string) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d\nslow 1\nwires mesh\n", seed)
	n := 0
	step := func(words ...string) {
		n++
		fmt.Fprintf(&b, "%d +10ms %s\n", n, strings.Join(words, " "))
	}
	people := names[:3]
	for _, who := range people {
		fmt.Fprintln(&b, "device", who)
	}
	for _, path := range []string{"a", "b", "d/a", "d/b"} {
		step("anna save", path)
	}
	step("- settle")
	step("ben save a") // there is an earlier version of it
	step("- settle")
	wires := [][2]string{{"anna", "ben"}, {"anna", "carl"}, {"ben", "carl"}}
	for _, w := range wires {
		step(w[0], "cut", w[1])
	}
	for _, who := range people {
		if does[who] != "" {
			step(who, does[who])
		}
	}
	for _, who := range people {
		step(who, "scan")
	}
	for k := range wires { // in any order
		w := wires[(k+int(seed))%len(wires)]
		step(w[0], "heal", w[1])
	}
	sc, err := Read(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if r := Run(t, sc, Options{}); len(r.Broken) > 0 {
		t.Errorf("%v:\n%s\n%s", does, strings.Join(r.Broken, "\n"), b.String())
	}
}
