package syncer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kith/index"
	"kith/syncer"
)

// inConflict returns two devices that changed the same file differently, ben later.
func inConflict(t *testing.T) (w *world, anna, ben *device, c syncer.Conflict) {
	t.Helper()
	w = newWorld(t, "anna", "ben")
	anna, ben = w.devices[0], w.devices[1]
	connect(anna, ben)
	anna.write("plan", "first")
	w.settle()
	disconnect(anna, ben)
	anna.write("plan", "anna's")
	anna.scan()
	ben.write("plan", "ben's")
	ben.scan()
	connect(anna, ben)
	w.settle()
	all, err := anna.engine.Conflicts(t.Context(), w.folder)
	if err != nil || len(all) != 1 {
		t.Fatalf("conflicts %v, %v", all, err)
	}
	return w, anna, ben, all[0]
}

func TestADecisionAboutAConflictCanBeTakenBack(t *testing.T) {
	t.Parallel()
	for _, who := range []int{0, 1} { // whose version is the copy; whose has the name
		for _, keep := range []string{syncer.KeepMine, syncer.KeepTheirs, syncer.KeepBoth} {
			t.Run(fmt.Sprint([]string{"anna ", "ben "}[who], keep), func(t *testing.T) {
				w, _, _, c := inConflict(t)
				d := w.devices[who]
				before := d.tree()
				done, err := d.engine.Resolve(t.Context(), w.folder, c.Copy, keep)
				must(t, err)
				w.settle()
				if d.tree() == before {
					t.Fatal("nothing was decided")
				}
				must(t, d.engine.Unresolve(t.Context(), w.folder, done))
				w.settle()
				if again, err := d.engine.Conflicts(t.Context(), w.folder); err != nil || len(again) != 1 || again[0].CopyMine != (who == 0) {
					t.Errorf("then the conflict is %+v, %v", again, err)
				}
				for _, d := range w.devices {
					if got := d.tree(); !strings.Contains(got, "anna's") || !strings.Contains(got, "ben's") || strings.Count(got, "conflict") != 1 {
						t.Errorf("%s has\n%s\nwhere there was\n%s", d.name, got, before)
					}
				}
			})
		}
	}
}

func TestWhatWasChangedSinceIsNotTakenBack(t *testing.T) {
	t.Parallel()
	w, anna, _, c := inConflict(t)
	done, err := anna.engine.Resolve(t.Context(), w.folder, c.Copy, syncer.KeepBoth)
	must(t, err)
	w.settle()
	anna.write(done.Now.String(), "a third thought")
	anna.scan()
	took := anna.engine.Unresolve(t.Context(), w.folder, done)
	if took == nil || !strings.Contains(took.Error(), "was changed since") {
		t.Errorf("taken back: %v", took)
	}
}

func TestRulesAreTriedBeforeTheyCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	anna, ben := w.devices[0], w.devices[1]
	connect(anna, ben)
	for _, name := range []string{"a.txt", "b.log", "build/x.o", "build/deep/y.o", ".kithignore"} {
		anna.write(name, map[bool]string{true: "*.log\n", false: name}[name == ".kithignore"])
	}
	w.settle()
	text, err := anna.engine.Rules(t.Context(), w.folder)
	if err != nil || text != "*.log\n" {
		t.Errorf("rules %q, %v", text, err)
	}
	effect, err := anna.engine.TryRules(t.Context(), w.folder, "build/\n[\n")
	must(t, err)
	if !slices.Equal(effect.Out.Paths, []index.Path{index.MustPath("build")}) || effect.Out.Amount.Files != 2 {
		t.Errorf("would leave out %+v", effect.Out)
	}
	if !slices.Equal(effect.In.Paths, []index.Path{index.MustPath("b.log")}) || effect.In.Amount != (index.Amount{Files: 1, Bytes: 5}) {
		t.Errorf("would take in %+v", effect.In)
	}
	must(t, anna.engine.SetRules(t.Context(), w.folder, "build/\n"))
	w.settle()
	anna.write("build/z.o", "not for ben")
	w.settle()
	if got := ben.tree(); !strings.Contains(got, "b.log") || strings.Contains(got, "z.o") || !strings.Contains(got, "x.o") {
		t.Errorf("ben has\n%s", got)
	}
	if found, err := anna.engine.Stat(t.Context(), w.folder, index.MustPath("build/x.o")); err != nil || found.Here != syncer.Here {
		t.Errorf("%+v, %v: what a rule leaves out from now on is not deleted", found, err)
	}
	if g, err := ben.engine.Look(t.Context(), w.folder, index.MustPath(".kithignore"), 3); err != nil || string(g.Data) != "bui" || g.Size != 7 {
		t.Errorf("ben sees %q, %v", g.Data, err)
	}
	must(t, anna.engine.SetRules(t.Context(), w.folder, ""))
	w.settle()
	if got := ben.tree(); !strings.Contains(got, "z.o") {
		t.Errorf("without rules ben has\n%s", got)
	}
	if _, err := anna.engine.Look(t.Context(), w.folder, index.MustPath("build"), 3); err == nil {
		t.Error("a directory was read")
	}
}
