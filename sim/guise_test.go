package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"kith/syncer/disk/disktest"
)

// TestWhatPassesForMoved: what an index that is brought back takes for something else is
// nothing but the object of what it misses, under another name, with its size and its time;
// and only until that index is noticed.
func TestWhatPassesForMoved(t *testing.T) {
	const was, is = "what was saved", "and written over"
	over := func(path string) func(p disktest.Person) error {
		return func(p disktest.Person) error {
			if err := p.Write(path, []byte(is)[:len(was)]); err != nil {
				return err
			}
			return p.Touch(path, time.Unix(1_000_000_000, 0).UnixNano())
		}
	}
	for _, c := range []struct {
		name   string
		traits []string
		did    []func(p disktest.Person) error
		passes bool
	}{
		{"moved, and written over", nil, []func(p disktest.Person) error{rename("d/a", "b"), over("b")}, true},
		{"written over, and moved", nil, []func(p disktest.Person) error{over("d/a"), rename("d/a", "d/b")}, true},
		{"moved", nil, []func(p disktest.Person) error{rename("d/a", "b")}, false},
		{"written over where it lies", nil, []func(p disktest.Person) error{over("d/a")}, false},
		{"saved as another object", nil, []func(p disktest.Person) error{remove("d/a"), over("b")}, false},
		{"with another time", nil, []func(p disktest.Person) error{rename("d/a", "b"), save("b", is[:len(was)])}, false},
		{"with another size", nil, []func(p disktest.Person) error{rename("d/a", "b"), save("b", is), func(p disktest.Person) error { return p.Touch("b", time.Unix(1_000_000_000, 0).UnixNano()) }}, false},
		{"something else took its place", nil, []func(p disktest.Person) error{rename("d/a", "b"), over("b"), save("d/a", "later")}, false},
		{"written over, and its directory moved", nil, []func(p disktest.Person) error{over("d/a"), rename("d", "e")}, false},
		{"where the store sees that it was brought back", []string{"seesplace"}, []func(p disktest.Person) error{rename("d/a", "b"), over("b")}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(Scenario{Seed: 1, Slow: 1, Wires: "mesh", Devices: []Device{{Name: "anna", Traits: c.traits}, {Name: "ben"}}}, Options{})
			defer w.end()
			anna, ben := w.devices[0], w.devices[1]
			must := func(err error) {
				if err != nil {
					t.Fatal(err)
				}
			}
			must(anna.disk.Mkdir("d"))
			must(anna.disk.Write("d/a", []byte(was)))
			must(anna.disk.Touch("d/a", time.Unix(1_000_000_000, 0).UnixNano()))
			anna.start()
			w.sleep(time.Minute)
			anna.stop()
			for _, do := range c.did {
				must(do(anna.disk))
			}
			moved := anna.takenForMoved()
			if (len(moved) > 0) != c.passes || moved[rootOf(was)] {
				t.Errorf("%s: %d pass for moved", c.name, len(moved))
			}
			for root := range moved {
				one := &text{root: root, sly: &text{}}
				w.ledger.texts = map[string]*text{is: one}
				w.ledger.disguise(anna, moved)
				if w.ledger.renewed(ben); one.guise == 0 {
					t.Errorf("%s: another device's new epoch is taken for this one's", c.name)
				}
				if w.ledger.renewed(anna); one.guise != 0 {
					t.Errorf("%s: it is excused once it is noticed", c.name)
				}
			}
		})
	}
}
