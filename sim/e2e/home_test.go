//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"kith/sim/drive"
	"kith/sim/results"
)

// TestEveryCrashOfTheHomeIsRecovered writes down what a program asks the system to
// do with the files of its home, from its first start on: it draws its key, is
// paired, shares a folder, pauses it, is started again and leaves. Then it is
// started in every home that a kill or a power cut might have left on the way. It
// must start without a person, be the device that it was, and know whom it trusts
// and what it shares as before or after what it was at.
func TestEveryCrashOfTheHomeIsRecovered(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("what the program asks of the system is told by strace, which is not here")
	}
	life := recordHome(t)
	states := life.states()
	if testing.Short() {
		states = slices.DeleteFunc(states, func(s homeState) bool { return s.at%10 != 0 })
	}
	var bad atomic.Int32
	onTwoMachines(t, states, func(w *world, anna *device, s homeState) {
		if bad.Load() >= mostBadHomes {
			return
		}
		if err := life.recover(w, anna, s); err != nil {
			bad.Add(1)
			t.Errorf("after %d calls of %d, %s: %v", s.at, len(life.calls), s.how, err)
		}
	})
	if err := results.Report("home-crash", map[string]any{"calls": len(life.calls), "states": len(states)}); err != nil {
		t.Error(err)
	}
}

// onTwoMachines tries each of some things with a device whose machine is a network of its
// own, two at a time.
func onTwoMachines[T any](t *testing.T, all []T, try func(w *world, anna *device, one T)) {
	var work sync.WaitGroup
	next := make(chan T)
	for range 2 {
		w := newWorld(t, 10*time.Minute, "anna")
		anna := w.device("anna")
		work.Go(func() {
			for one := range next {
				try(w, anna, one)
			}
		})
	}
	for _, one := range all {
		next <- one
	}
	close(next)
	work.Wait()
}

// mostBadHomes is how many are told of.
const mostBadHomes = 5

// homeLife is what was recorded of a home.
type homeLife struct {
	dir   string // where its folder was
	id    string
	calls []call
	known []promise
}

// promise is what a command that ended well left in force: from so many calls on the
// settings say it.
type promise struct {
	since int
	what  trust
}

// trust is what settings say of others: devices and folders by their IDs, paused ones
// with a star.
type trust string

func readTrust(text []byte) (trust, error) {
	var s struct {
		Device []struct{ ID string }
		Folder []struct {
			ID     string
			Paused bool
		}
	}
	if err := toml.Unmarshal(text, &s); err != nil {
		return "", err
	}
	var all []string
	for _, d := range s.Device {
		all = append(all, d.ID)
	}
	for _, f := range s.Folder {
		all = append(all, fmt.Sprint(f.ID, map[bool]string{true: "*"}[f.Paused]))
	}
	slices.Sort(all)
	return trust(strings.Join(all, " ")), nil
}

func recordHome(t *testing.T) *homeLife {
	w := newWorld(t, 3*time.Minute, "anna", "ben")
	anna, ben := w.device("anna"), w.device("ben")
	tmp, program := t.TempDir(), anna.Program
	var logs []string // one for each life of the program
	life := &homeLife{dir: anna.dir}
	read := func() {
		life.calls = nil
		for _, log := range logs {
			calls, err := readTrace(log, anna.Home)
			w.must(err)
			life.calls = append(life.calls, calls...)
		}
	}
	did := func() {
		text, err := os.ReadFile(filepath.Join(anna.Home, "config.toml"))
		w.must(err)
		what, err := readTrust(text)
		w.must(err)
		read()
		life.known = append(life.known, promise{len(life.calls), what})
	}
	start := func() {
		logs = append(logs, filepath.Join(tmp, fmt.Sprint("calls", len(logs))))
		anna.Program = filepath.Join(tmp, "kith")
		w.must(traced(anna.Program, logs[len(logs)-1], program))
		w.start(anna)
		anna.Program = program
		did()
	}
	quit := func() {
		w.kith(anna, "quit")
		w.eventually("the end of the program", func() error {
			if anna.Running() {
				return errStillThere
			}
			return nil
		})
	}
	w.save(anna, "a", "one")
	w.start(ben)
	start()
	w.must(drive.Pair(w.ctx, anna.Device, ben.Device))
	did()
	w.must(anna.Share(w.ctx, anna.dir, "papers", ben.Device))
	did()
	w.must(ben.Accept(w.ctx, "papers", ben.dir))
	w.agree("papers", anna, ben)
	w.kith(anna, "pause", "papers")
	did()
	quit()
	start()
	w.kith(anna, "resume", "papers")
	did()
	w.kith(anna, "leave", "papers")
	did()
	p, err := anna.Status(w.ctx)
	w.must(err)
	life.id = p.Device.ID
	quit()
	read()
	w.must(ben.Quit())
	t.Logf("%d calls; in force after so many of them: %v", len(life.calls), life.known)
	if life.known[0].what == life.known[2].what || len(life.calls) < 100 {
		t.Fatalf("%d calls and %v are less than was done", len(life.calls), life.known)
	}
	return life
}

// homeState is a home as it may be found after so many calls.
type homeState struct {
	at    int
	how   string
	files map[string]string
}

// states returns the homes that differ. What is not there for certain is: of a file
// that was not flushed all that was written, nothing, the half, or zeros; names are
// those of any moment since the directory was flushed.
func (l *homeLife) states() []homeState {
	var all []homeState
	seen := map[string]bool{}
	add := func(at int, how string, files map[string]string) {
		var sum strings.Builder
		for _, name := range slices.Sorted(maps.Keys(files)) {
			fmt.Fprintf(&sum, "%q %q\n", name, files[name])
		}
		if !seen[sum.String()] {
			seen[sum.String()] = true
			all = append(all, homeState{at, how, files})
		}
	}
	h := newHome()
	for i, c := range l.calls {
		h.do(c)
		if ofIndex(c.path) && c.verb != "sync" || ofLog(c.path) {
			continue // each of those states is tried elsewhere, or no different to us
		}
		add(i+1, "killed", h.after(len(h.names)-1, "all"))
		for n := h.flushed; n < len(h.names); n++ {
			for _, how := range []string{"all", "nothing", "half", "zeros"} {
				add(i+1, fmt.Sprintf("a power cut, names of %d calls ago, of what was not flushed %s", len(h.names)-1-n, how), h.after(n, how))
			}
		}
	}
	return all
}

// ofIndex tells the files of the database. They are found as they were written:
// sqlite's crashes are a test of its own.
func ofIndex(path string) bool {
	return strings.HasPrefix(path, "index.db") && !strings.Contains(path, "place")
}

func ofLog(path string) bool {
	return slices.Contains([]string{"kith.log", "activity.jsonl", "run.out", "kith.lock"}, path)
}

// home is a directory as the calls left it.
type home struct {
	names   []map[string]*content // after each change of names, the latest in the end
	flushed int                   // the names that are certain
}

// content is that of one file.
type content struct {
	now     []byte
	certain []byte // when it was last flushed
}

func newHome() *home { return &home{names: []map[string]*content{{}}} }

func (h *home) do(c call) {
	last := h.names[len(h.names)-1]
	f := last[c.path]
	switch {
	case c.path == ".":
		if c.verb == "sync" {
			h.flushed = len(h.names) - 1
		}
		return
	case c.verb == "make" && f == nil:
		h.rename(func(names map[string]*content) { names[c.path] = &content{} })
	case c.verb == "remove":
		h.rename(func(names map[string]*content) { delete(names, c.path) })
	case c.verb == "rename" && f != nil:
		h.rename(func(names map[string]*content) {
			delete(names, c.path)
			names[c.to] = f
		})
	case f == nil || c.verb == "make":
	case c.verb == "write":
		f.now = append(f.now, make([]byte, max(0, int(c.off)+len(c.data)-len(f.now)))...)
		copy(f.now[c.off:], c.data)
	case c.verb == "cut":
		f.now = append(f.now, make([]byte, max(0, int(c.off)-len(f.now)))...)[:c.off]
	case c.verb == "sync":
		f.certain = bytes.Clone(f.now)
	default:
		panic(c.verb + " of a file is not known here")
	}
}

func (h *home) rename(change func(map[string]*content)) {
	names := maps.Clone(h.names[len(h.names)-1])
	change(names)
	h.names = append(h.names, names)
}

// after returns the files under the names of one moment. The database is found
// under those of the last.
func (h *home) after(n int, how string) map[string]string {
	files := map[string]string{}
	for name, f := range h.names[n] {
		if !ofIndex(name) && !ofLog(name) {
			files[name] = f.left(how)
		}
	}
	for name, f := range h.names[len(h.names)-1] {
		if ofIndex(name) && !strings.HasSuffix(name, "-shm") {
			files[name] = string(f.now)
		}
	}
	return files
}

// left returns what a power cut may leave of a content.
func (f *content) left(how string) string {
	sure, now := string(f.certain), string(f.now)
	if sure == now || how == "all" {
		return now
	}
	switch how {
	case "half":
		return now[:len(now)/2]
	case "zeros":
		return strings.Repeat("\x00", len(now))
	}
	return sure
}

// recover starts the program in a home.
func (l *homeLife) recover(w *world, d *device, s homeState) (err error) {
	if err := os.RemoveAll(d.Home); err != nil {
		return err
	}
	if err := os.MkdirAll(d.Home, 0o700); err != nil {
		return err
	}
	for name, text := range s.files {
		if strings.HasPrefix(name, "config.toml") {
			text = strings.ReplaceAll(text, l.dir, d.dir)
		}
		if err := os.WriteFile(filepath.Join(d.Home, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	if err := d.Start(w.ctx); err != nil {
		return err
	}
	defer func() { err = firstOf(err, d.Quit(), onlyKnown(d.Home)) }()
	p, err := d.Status(w.ctx)
	if err != nil {
		return err
	}
	if key := s.files["key.pem"]; s.at >= l.known[0].since && p.Device.ID != l.id {
		return fmt.Errorf("it is %s now, and was %s; its key was %q", p.Device.ID, l.id, key)
	}
	text, err := os.ReadFile(filepath.Join(d.Home, "config.toml"))
	if err != nil {
		return err
	}
	got, err := readTrust(text)
	if err != nil {
		return err
	}
	if may := l.may(s.at); !slices.Contains(may, got) {
		return fmt.Errorf("its settings tell of %q, and might tell of %q", got, may)
	}
	return nil
}

// may returns what settings may say after so many calls: what was in force by then,
// and what came next.
func (l *homeLife) may(at int) []trust {
	may := []trust{"", l.known[0].what}
	for _, p := range l.known {
		if p.since <= at {
			may = nil
		}
		may = append(may, p.what)
		if p.since > at {
			break
		}
	}
	return may
}

// onlyKnown tells of what lies about in a home after an ordinary life. A draft may: it
// goes with the next save.
func onlyKnown(dir string) error {
	all, err := os.ReadDir(dir)
	for _, e := range all {
		switch strings.TrimSuffix(e.Name(), ".new") {
		case "key.pem", "config.toml", "config.toml.good", "index.db", "index.db-place", "kith.lock", "kith.log", "activity.jsonl", "run.out":
		default:
			err = firstOf(err, fmt.Errorf("%s was left lying about", e.Name()))
		}
	}
	return err
}
