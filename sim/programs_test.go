package sim

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kith/syncer"
	"kith/syncer/disk/disktest"
)

// letter is what the programs save, and fresh what in the end is in it.
const letter, fresh = "d/letter.odt", "the letter, saved anew"

// programs save as those of that name do: each move at a time.
var programs = map[string][]func(p disktest.Person) error{
	"vim": {
		save("d/.letter.odt.swp", "what vim keeps"), save("d/4913", ""), remove("d/4913"),
		rename(letter, letter+"~"), save(letter, fresh), remove(letter + "~"), remove("d/.letter.odt.swp"),
	},
	"vim, in place": {save("d/.letter.odt.swp", "what vim keeps"), save(letter+"~", "before"), save(letter, fresh), remove(letter + "~"), remove("d/.letter.odt.swp")},
	"emacs": {
		func(p disktest.Person) error { return p.Symlink("anna@host.4711:1764000000", "d/.#letter.odt") },
		save("d/#letter.odt#", "autosaved"), rename(letter, letter+"~"), save(letter, fresh), remove("d/#letter.odt#"), remove("d/.#letter.odt"),
	},
	"gedit":       {save("d/.goutputstream-X8K2Z1", fresh), rename("d/.goutputstream-X8K2Z1", letter)},
	"kate":        {save("d/.letter.odt.kate-swp", "what kate keeps"), save("d/letter.odt.Xq3ZpA", fresh), rename("d/letter.odt.Xq3ZpA", letter), remove("d/.letter.odt.kate-swp")},
	"Word":        {save("d/~$tter.odt", "anna"), save("d/~WRD0000.tmp", fresh), rename(letter, "d/~WRL0001.tmp"), rename("d/~WRD0000.tmp", letter), remove("d/~WRL0001.tmp"), remove("d/~$tter.odt")},
	"Excel":       {save("d/~$tter.odt", "anna"), save("d/5A2B7C00", fresh), rename(letter, "d/B81F2E4A.tmp"), rename("d/5A2B7C00", letter), remove("d/B81F2E4A.tmp"), remove("d/~$tter.odt")},
	"LibreOffice": {save("d/.~lock.letter.odt#", "anna"), save("d/lu4711abc.tmp", fresh), remove(letter), rename("d/lu4711abc.tmp", letter), remove("d/.~lock.letter.odt#")},
}

func save(path, text string) func(p disktest.Person) error {
	return func(p disktest.Person) error { return p.Write(path, []byte(text)) }
}

func rename(from, to string) func(p disktest.Person) error {
	return func(p disktest.Person) error { return p.Rename(from, to) }
}

func remove(path string) func(p disktest.Person) error {
	return func(p disktest.Person) error { return p.Remove(path) }
}

// TestProgramsSaveOneVersion replays how programs save, in haste and with rests that are
// longer than a path has to be quiet. Elsewhere the file is replaced once, it is never
// gone, and there is no conflict.
func TestProgramsSaveOneVersion(t *testing.T) {
	for name, moves := range programs {
		for _, rest := range []time.Duration{time.Millisecond, 80 * time.Millisecond, 300 * time.Millisecond} {
			t.Run(fmt.Sprintf("%s, resting for %v", name, rest), func(t *testing.T) { savedBy(t, moves, rest) })
		}
	}
}

func savedBy(t *testing.T, moves []func(p disktest.Person) error, rest time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var did []string // to the letter, with ben
		flaw := Flaw{Config: func(device string, c *syncer.Config) {
			c.Event = func(ev syncer.Event) {
				mu.Lock()
				defer mu.Unlock()
				if device == "ben" && ev.Path == letter {
					did = append(did, ev.Verb)
				}
			}
		}}
		sc := Scenario{Seed: 1, Slow: 1, Wires: "mesh", Devices: []Device{{Name: "anna"}, {Name: "ben"}}}
		w := newWorld(sc, Options{Flaw: flaw})
		defer w.end()
		anna, ben := w.devices[0], w.devices[1]
		anna.start()
		ben.start()
		w.mesh()
		anna.disk.Mkdir("d")                        //nolint:errcheck // a new disk
		anna.disk.Write(letter, []byte("a letter")) //nolint:errcheck // a new disk
		w.sleep(time.Minute)
		mu.Lock()
		if !slices.Equal(did, []string{"received"}) {
			t.Fatalf("at first it is %q", did)
		}
		did = nil
		mu.Unlock()
		for _, move := range moves {
			if err := move(anna.disk); err != nil {
				t.Fatal(err)
			}
			w.sleep(rest)
		}
		w.sleep(time.Minute)
		mu.Lock()
		if !slices.Equal(did, []string{"received"}) && !slices.Equal(did, []string{"moved"}) {
			t.Errorf("with ben the letter is %q", did)
		}
		mu.Unlock()
		for _, d := range w.devices {
			files := d.disk.Files()
			if files[letter] != fresh {
				t.Errorf("%s has %q", d.def.Name, files[letter])
			}
			for path := range files {
				if strings.Contains(path, "conflict") {
					t.Errorf("%s has %s", d.def.Name, path)
				}
			}
		}
		if s := anna.status(); !anna.inStep() || len(s.Problems) > 0 {
			t.Errorf("anna is %s: %v", s.Phase, s.Problems)
		}
	})
}
