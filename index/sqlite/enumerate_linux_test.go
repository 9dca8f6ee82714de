package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"kith/index"
	"kith/sim/results"
)

// parts are the files of a database, by what follows its path. What readers and the
// writer share in memory ("-shm") is made anew after any crash.
var parts = []string{"", "-wal", "-journal"}

// files are those that are there, and what is in them.
type files map[string][]byte

// change is one operation that was made on one of them.
type change struct {
	verb, part string
	off        int64
	data       []byte
}

func (f files) apply(c change) {
	switch c.verb {
	case "open":
		if _, ok := f[c.part]; !ok {
			f[c.part] = nil
		}
	case "delete":
		delete(f, c.part)
	case "truncate":
		now := make([]byte, c.off)
		copy(now, f[c.part])
		f[c.part] = now
	case "write":
		now := make([]byte, max(len(f[c.part]), int(c.off)+len(c.data)))
		copy(now, f[c.part])
		copy(now[c.off:], c.data)
		f[c.part] = now
	}
}

// aLife is what was recorded of a database from its making to the end of its second
// life: every change, and what it said once each step was answered.
type aLife struct {
	log   []change
	steps []fact
	marks []int    // by step: so many changes were made when it was answered
	said  []string // before the first step, and after each
}

// recordLife tells a new database what every story begins with, and two facts.
func recordLife(dir string, first, next fact) (*aLife, error) {
	shown()
	ctx, path := context.Background(), filepath.Join(dir, "index.db")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	l := &aLife{steps: append(slices.Clone(beginning), first, next)}
	watch(func(o operation) verdict {
		part, ours := strings.CutPrefix(o.file, path)
		if ours && o.verb != "read" && slices.Contains(parts, part) {
			l.log = append(l.log, change{o.verb, part, o.off, bytes.Clone(o.data)})
		}
		return verdict{}
	})
	defer watch(nil)
	x, err := openBy("shown", path)
	if err != nil {
		return nil, err
	}
	// States are judged where other files lie beside them: none is to be taken for a copy.
	if _, err := x.w.exec(ctx, `UPDATE state SET place = ''`); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	said, err := wholePicture(ctx, x)
	l.said = append(l.said, said)
	for _, step := range l.steps {
		if err == nil {
			err = step.do(ctx, x)
		}
		if err == nil {
			l.marks = append(l.marks, len(l.log))
			said, err = wholePicture(ctx, x)
			l.said = append(l.said, said)
		}
	}
	if err = errors.Join(err, x.Close()); err != nil {
		return nil, err
	}
	if x, err = openBy("shown", path); err == nil {
		err = errors.Join(x.Close(), l.check(path))
	}
	return l, err
}

// check verifies that the record leads to what lies there.
func (l *aLife) check(path string) error {
	now := l.replay(len(l.log), func(_ int, c change) (change, bool) { return c, true })
	for _, part := range parts {
		real, err := os.ReadFile(path + part)
		if _, ok := now[part]; ok != (err == nil) || !bytes.Equal(now[part], real) {
			return fmt.Errorf("the record and what lies there differ in %q: %d and %d bytes (%w)", part, len(now[part]), len(real), err)
		}
	}
	return nil
}

// beginning is begin, in steps that are answered one by one.
var beginning = []fact{
	{"a folder is opened", func(ctx context.Context, x *Index) error {
		_, err := x.Open(ctx, theFolder, 5)
		return err
	}},
	{"its files are committed", commit(aFile("d/a", 3, 1), aFile("d/b", 1, 1), index.File{Path: index.MustPath("d"), Kind: index.Directory})},
	{"a first device is heard", learn(anna, false, true, aFile("d/a", 3, 1), aFile("d/b", 2, 4), aFile("d/theirs", 1, 1))},
}

// wholePicture is all that an index says, with how far it has counted.
func wholePicture(ctx context.Context, x *Index) (string, error) {
	text, err := picture(ctx, x)
	for _, id := range []index.FolderID{theFolder, otherFolder} {
		if f, ferr := x.folder(id); ferr == nil {
			text += fmt.Sprintf("epoch %d, counted to %d\n", f.epoch, f.seq)
		}
	}
	return text, err
}

// replay makes those of the first n changes that pick returns true for, and what instead.
func (l *aLife) replay(n int, pick func(i int, c change) (change, bool)) files {
	f := files{"": nil} // made by keepPrivate, before SQLite comes
	for i, c := range l.log[:n] {
		if c, ok := pick(i, c); ok {
			f.apply(c)
		}
	}
	return f
}

// durable tells which of the first n changes are so. A flush of a log flushes the
// directory as well, as SQLite does when it is new; one of the database does not.
func (l *aLife) durable(n int) []bool {
	sure := make([]bool, n)
	for i, c := range l.log[:n] {
		named := c.verb == "open" || c.verb == "delete"
		for _, s := range l.log[i+1 : n] {
			if s.verb == "sync" && (s.part == c.part && !named || s.part != "" && named) {
				sure[i] = true
				break
			}
		}
	}
	return sure
}

// found is one state in which a database may be found after so many changes.
type found struct {
	made int
	name string
	files
}

// states calls fn with every state in which the files may be found when n changes
// were made, and the process was killed or the power cut; but for those that want
// does not ask for.
func (l *aLife) states(n int, want func() bool, fn func(found)) {
	sure := l.durable(n)
	state := func(name string, pick func(i int, c change) (change, bool)) {
		if want() {
			fn(found{n, name, l.replay(n, pick)})
		}
	}
	state("all is there", func(_ int, c change) (change, bool) { return c, true })
	state("only what was flushed", func(i int, c change) (change, bool) { return c, sure[i] })
	var loose []int
	last := -1
	for i, c := range l.log[:n] {
		if sure[i] || c.verb == "sync" {
			continue
		}
		loose = append(loose, i)
		if c.verb == "write" {
			last = i
		}
	}
	for _, gone := range loose {
		c := l.log[gone]
		state(fmt.Sprintf("without %d (%s %q)", gone, c.verb, c.part), func(i int, c change) (change, bool) { return c, i != gone })
		if len(loose) > 2 {
			state(fmt.Sprintf("of what was not flushed, only %d (%s %q)", gone, c.verb, c.part), func(i int, c change) (change, bool) { return c, sure[i] || i == gone })
		}
	}
	if last < 0 {
		return
	}
	state("zeros for bytes", func(i int, c change) (change, bool) {
		if !sure[i] && c.verb == "write" {
			c.data = make([]byte, len(c.data))
		}
		return c, true
	})
	state("all sizes, no new bytes", func(i int, c change) (change, bool) { return c, sure[i] || c.verb != "write" })
	for _, sector := range []int{12, 512, 2048} {
		state(fmt.Sprintf("the last write torn after %d bytes", sector), func(i int, c change) (change, bool) {
			if i == last {
				c.data = c.data[:min(sector, len(c.data))]
			}
			return c, true
		})
	}
}

func (f files) key() (sum uint64) {
	for _, part := range slices.Sorted(maps.Keys(f)) {
		sum = sum*31 + maphash.String(keySeed, part) + maphash.Bytes(keySeed, f[part])
	}
	return sum
}

var keySeed = maphash.MakeSeed()

// build writes the files below dir, in place of those of another state.
func (f files) build(dir string) (path string, err error) {
	path = filepath.Join(dir, "index.db")
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	err = os.Mkdir(dir, 0o700)
	for part, data := range f {
		if err == nil {
			err = os.WriteFile(path+part, data, 0o600)
		}
	}
	return path, err
}

// answered is how many steps were, when so many changes had been made.
func (l *aLife) answered(made int) int {
	return len(slices.DeleteFunc(slices.Clone(l.marks), func(m int) bool { return m > made }))
}

// judge opens a database as the program does when it starts. It must say what it
// said after the last step that was answered, or after the one that was under way;
// what is missing is told it then, and it is opened once more.
func (l *aLife) judge(s found, path string) error {
	ctx, k := context.Background(), l.answered(s.made)
	x, err := Open(path)
	if err != nil {
		return err
	}
	if x.Lost() != "" {
		return errors.Join(errors.New("it was taken for damaged"), x.Close())
	}
	now, err := wholePicture(ctx, x)
	if err == nil && x.Moved() {
		now, err = l.asIfNotMoved(now)
	}
	at := slices.Index(l.said[k:min(k+2, len(l.said))], now)
	if err != nil || at < 0 {
		return errors.Join(fmt.Errorf("after %d steps it shows\n%s, not\n%s (%w)", k, now, strings.Join(l.said[k:min(k+2, len(l.said))], "nor\n"), err), x.Close())
	}
	for _, step := range l.steps[k+at:] {
		if err := step.do(ctx, x); err != nil {
			return errors.Join(fmt.Errorf("%s, told once more: %w", step.name, err), x.Close())
		}
	}
	err = errors.Join(l.ended(ctx, x), x.Audit(), x.Close())
	if err != nil {
		return err
	}
	if x, err = Open(path); err != nil {
		return err
	}
	if x.Lost() != "" {
		err = errors.New("the next time it was taken for damaged")
	}
	return errors.Join(err, l.ended(ctx, x), x.Close())
}

// ended verifies that an index says what it did at the end of the record.
func (l *aLife) ended(ctx context.Context, x *Index) error {
	now, err := picture(ctx, x)
	if want := l.said[len(l.said)-1]; err == nil && !strings.HasPrefix(want, now) {
		err = fmt.Errorf("at the end it shows\n%s, not\n%s", now, want)
	}
	return err
}

// asIfNotMoved returns a picture with the epochs of the last one of the record,
// after making sure that it has none of those that were ever told.
func (l *aLife) asIfNotMoved(now string) (string, error) {
	facts, counts, _ := strings.Cut(now, "epoch ")
	last, used, _ := strings.Cut(l.said[len(l.said)-1], "epoch ")
	if facts != last {
		return now, nil
	}
	for _, line := range strings.SplitAfter("epoch "+counts, "\n") {
		for _, said := range l.said {
			if epoch, _, ok := strings.Cut(line, ","); ok && strings.Contains(said, epoch+",") {
				return now, fmt.Errorf("it was found to be a copy, and goes on with %s", line)
			}
		}
	}
	return facts + "epoch " + used, nil
}

// TestEveryCrashOfTheDatabaseIsRecovered records all that SQLite does to its files
// while an index is made, told pairs of facts, closed and opened again; cuts the
// power, or kills the process, after every operation; and opens the database in
// every state that is possible then, or in KITH_DATABASE_STATES of them.
func TestEveryCrashOfTheDatabaseIsRecovered(t *testing.T) {
	few := 150
	if testing.Short() {
		few = 30
	}
	limit, seed := number("KITH_DATABASE_STATES", few), number("KITH_SEED", 1)
	chance := rand.New(rand.NewPCG(uint64(seed), 3))
	dir := memoryDir(t)
	type question struct {
		l    *aLife
		s    found
		what string
	}
	asked, group := make(chan question), sync.WaitGroup{}
	var bad atomic.Int64
	for i := range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for q := range asked {
				path, err := q.s.build(filepath.Join(dir, strconv.Itoa(i)))
				if err == nil {
					err = q.l.judge(q.s, path)
				}
				if err != nil && bad.Add(1) < 10 {
					t.Errorf("%s: after %d of %d changes, %s: %v", q.what, q.s.made, len(q.l.log), q.s.name, err)
				}
			}
		})
	}
	states, moments, pairs := 0, 0, 0
	met := map[uint64]bool{}
	for _, p := range chance.Perm(len(facts) * len(facts)) {
		if states >= limit || bad.Load() > 10 {
			break
		}
		first, next := facts[p/len(facts)], facts[p%len(facts)]
		l, err := recordLife(filepath.Join(dir, "life"), first, next)
		if err != nil {
			t.Errorf("%s, then %s: %v", first.name, next.name, err)
			break
		}
		if err := os.RemoveAll(filepath.Join(dir, "life")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		pairs++
		for n := range len(l.log) + 1 {
			moments++
			want := func() bool { return states < limit && chance.Float64() < fraction(limit) }
			l.states(n, want, func(s found) {
				key := s.key()*31 + uint64(l.answered(n))
				if met[key] {
					return
				}
				met[key] = true
				states++
				asked <- question{l, s, first.name + ", then " + next.name}
			})
		}
	}
	close(asked)
	group.Wait()
	t.Logf("KITH_SEED=%d: %d states at %d moments of %d pairs", seed, states, moments, pairs)
	figures := map[string]any{"states": states, "moments": moments, "pairs": pairs, "violations": bad.Load(), "seed": seed}
	if err := results.Report("database-crash", figures); err != nil {
		t.Error(err)
	}
}

// fraction is which part of the states of a pair is tried, so that many pairs have a turn.
func fraction(limit int) float64 { return max(0.02, min(1, float64(limit)/100_000)) }

// TestCrashesOfTheDatabaseThatWereNotRecovered has what went wrong once.
func TestCrashesOfTheDatabaseThatWereNotRecovered(t *testing.T) {
	l, err := recordLife(filepath.Join(t.TempDir(), "life"), facts[0], facts[1])
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for i, c := range l.log {
		if c.verb != "write" || c.part != "" || c.off != 0 {
			continue
		}
		l.states(i+1, func() bool { return true }, func(s found) {
			if s.name != "zeros for bytes" { // the header went while a log was there
				return
			}
			tried++
			path, err := s.build(filepath.Join(t.TempDir(), "state"))
			if err == nil {
				err = l.judge(s, path)
			}
			if err != nil {
				t.Errorf("after %d changes, %s: %v", i+1, s.name, err)
			}
		})
	}
	if tried < 2 {
		t.Errorf("the header was written %d times", tried)
	}
}

// TestAFlushOfTheDatabaseLeftOutIsNoticed leaves the flushes of one file out of a
// record: then the judge must find a state that is wrong.
func TestAFlushOfTheDatabaseLeftOutIsNoticed(t *testing.T) {
	l, err := recordLife(filepath.Join(t.TempDir(), "life"), facts[1], facts[2])
	if err != nil {
		t.Fatal(err)
	}
	whole := slices.Clone(l.log)
	for _, part := range []string{"-wal", ""} {
		wrong := 0
		for i, c := range whole {
			if c.verb == "sync" && c.part == part {
				c.verb = "nothing"
			}
			l.log[i] = c
		}
		for _, n := range append(slices.Clone(l.marks), len(l.log)) {
			l.states(n, func() bool { return wrong == 0 }, func(s found) {
				path, err := s.build(filepath.Join(t.TempDir(), "state"))
				if err != nil {
					t.Fatal(err)
				}
				if l.judge(s, path) != nil {
					wrong++
				}
			})
		}
		if wrong == 0 {
			t.Errorf("without flushes of %q all states are well", part)
		}
	}
}
