package disk

import (
	"os"
	"path/filepath"
	"testing"
)

// everyState judges every state of a workload, and returns what is wrong with some.
func everyState(t *testing.T, w workload, without string) (wrong []string) {
	t.Helper()
	dir := memoryDir(t)
	tr, err := w.recordWithout(without, dir)
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "state")
	for n := tr.begin; n <= len(tr.log); n++ {
		tr.states(n, func(s crashState) {
			defer os.RemoveAll(root)
			if err := s.disk.build(root); err != nil {
				t.Fatal(err)
			}
			if err := w.examine(root, tr, n == len(tr.log)); err != nil {
				wrong = append(wrong, s.name+": "+err.Error())
			}
		})
	}
	return wrong
}

// doing is the workload of the acts of those names.
func doing(t *testing.T, m manner, names ...string) workload {
	t.Helper()
	w := workload{manner: m}
	for _, name := range names {
		for _, a := range acts {
			if a.name == name {
				w.acts = append(w.acts, a)
			}
		}
	}
	if len(w.acts) != len(names) {
		t.Fatalf("there are no such acts as %q", names)
	}
	return w
}

// TestCrashesThatWereNotRecovered has what went wrong once.
func TestCrashesThatWereNotRecovered(t *testing.T) {
	for bug, w := range map[string]workload{
		"a long name was left empty, and its versions were not found":         doing(t, exchanging, "another file of a long name"),
		"a note was gone before what it was about had arrived":                doing(t, exchanging, "a move onto a file"),
		"so it was where files replace each other":                            doing(t, replacing, "another file"),
		"what a note was to bring back was removed while the name was free":   doing(t, replacing, "another file, set aside"),
		"a second name of one and the same object was in the way":             doing(t, plain, "a file set aside alone"),
		"a note came back, and brought back what had been deleted since":      doing(t, replacing, "another file", "a deletion"),
		"a note came back, and what was set aside lay there once more":        doing(t, plain, "a move onto a file", "a file set aside alone"),
		"a directory whose draft was filled before it arrived stays complete": doing(t, exchanging, "a directory with files"),
	} {
		t.Run(bug, func(t *testing.T) {
			for _, wrong := range everyState(t, w, "") {
				t.Error(wrong)
			}
		})
	}
}

// TestAFlushLeftOutIsNoticed leaves single kinds of flushes out of the record:
// then the judge must find a state that is wrong.
func TestAFlushLeftOutIsNoticed(t *testing.T) {
	for verb, w := range map[string]workload{
		"sync":        doing(t, exchanging, "another file"),
		"sync file":   doing(t, exchanging, "a new file"),
		"sync volume": doing(t, exchanging, "five files at a time"),
	} {
		t.Run(verb, func(t *testing.T) {
			if len(everyState(t, w, verb)) == 0 {
				t.Error("all states are well")
			}
		})
	}
}

// TestFaultsThatWereNotSurvived has what went wrong once, each with every fault of
// every operation.
func TestFaultsThatWereNotSurvived(t *testing.T) {
	for bug, w := range map[string]workload{
		"the name was free after an error between leaving and arriving":  doing(t, exchanging, "a move onto a file"),
		"a conflict copy ended among the earlier versions":               doing(t, replacing, "a move onto a file, set aside"),
		"so it did where a name could not be removed":                    doing(t, plain, "another file, set aside"),
		"a directory stayed open after an error below the versions":      doing(t, exchanging, "a whole directory goes"),
		"half a name was taken for a whole one the next time":            doing(t, exchanging, "another file of a long name"),
		"half a note was taken for a whole one the next time it was put": doing(t, replacing, "another file"),
	} {
		t.Run(bug, func(t *testing.T) {
			dir := memoryDir(t)
			tr, err := w.record(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range faults {
				for n, more := 0, true; more; n++ {
					f := &failing{n: n, err: fault.err, short: fault.short}
					if _, err := w.withFault(filepath.Join(dir, "state"), tr, f); err != nil {
						t.Errorf("operation %d, %s %s, fails with %s: %v", n, f.hit.verb, f.hit.name, fault.name, err)
					}
					more = f.seen > n
				}
			}
		})
	}
}
