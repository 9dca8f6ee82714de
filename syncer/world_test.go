package syncer_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kith/index"
	"kith/index/indextest"
	"kith/peer/wire"
	"kith/sim/waits"
	"kith/syncer"
	"kith/syncer/disk"
)

// world is a set of devices that share one folder, in one process: real engines,
// real directories, and conversations that are function calls.
type world struct {
	t       *testing.T
	folder  index.FolderID
	members []index.Member
	devices []*device
}

// device is one of them.
type device struct {
	w       *world
	id      index.DeviceID
	name    string
	dir     string
	boot    string                        // the life of the machine
	wrap    func(syncer.Tree) syncer.Tree // nil: the disk as it is
	clock   atomic.Pointer[time.Time]     // nil: as it goes
	browse  bool
	keep    []index.Path
	store   syncer.Store
	engine  *syncer.Engine
	stop    func()
	changed chan struct{}
	mu      sync.Mutex
	links   map[*device]*link
	events  []syncer.Event
	busy    sync.RWMutex // locked while it is to give no blocks
}

// newWorld starts devices by name, each with the role that follows a colon, if any.
func newWorld(t *testing.T, names ...string) *world {
	t.Helper()
	w := &world{t: t}
	copy(w.folder[:], "a folder to test")
	for _, n := range names {
		name, role, _ := strings.Cut(n, ":")
		m := index.Member{Device: index.DeviceID(sha256.Sum256([]byte(name))), Name: name, Role: index.Both}
		if role == "receive" {
			m.Role = index.Receive
		}
		w.members = append(w.members, m)
		w.devices = append(w.devices, &device{w: w, id: m.Device, name: name, browse: role == "browse", dir: t.TempDir(), boot: "one life", store: indextest.NewMemory()})
	}
	for _, d := range w.devices {
		if err := disk.Create(d.dir, w.folder); err != nil {
			t.Fatal(err)
		}
		d.start()
		t.Cleanup(func() { d.stop() })
	}
	return w
}

// start runs the device's engine until stop is called.
func (d *device) start() {
	d.changed = make(chan struct{}, 1)
	d.links = make(map[*device]*link)
	level := slog.LevelWarn
	if os.Getenv("KITH_TEST_LOG") != "" {
		level = slog.LevelDebug
	}
	d.engine = syncer.New(syncer.Config{
		Self:  d.id,
		Store: d.store,
		OpenTree: func(dir string, id index.FolderID) (syncer.Tree, error) {
			t, err := disk.Open(dir, id)
			if err != nil || d.wrap == nil {
				return t, err
			}
			return d.wrap(t), nil
		},
		Boot: d.boot,
		Clock: func() time.Time {
			if at := d.clock.Load(); at != nil {
				return *at
			}
			return time.Now()
		},
		Log:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})).With("on", d.name),
		Random: rand.Uint32,
		Event: func(ev syncer.Event) {
			d.mu.Lock()
			d.events = append(d.events, ev)
			d.mu.Unlock()
		},
		Changed: func() {
			select {
			case d.changed <- struct{}{}:
			default:
			}
		},
	})
	d.want()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.engine.Run(ctx)
	}()
	d.stop = func() {
		cancel()
		<-done
	}
}

// want tells the engine which folder it has.
func (d *device) want() {
	d.engine.Want([]syncer.Folder{{ID: d.w.folder, Name: "test", Dir: d.dir, Members: d.w.members, Browse: d.browse, Keep: d.keep}})
}

// link is one side of a conversation: what is sent is heard by the other engine.
type link struct {
	from, to *device
	with     *syncer.Engine // the life of to that it leads to
	back     *link
	queue    chan wire.Message
	cut      chan struct{}
	once     sync.Once
}

func connect(a, b *device) {
	ab := &link{from: a, to: b, with: b.engine, queue: make(chan wire.Message, 64), cut: make(chan struct{})}
	ba := &link{from: b, to: a, with: a.engine, queue: make(chan wire.Message, 64), cut: make(chan struct{})}
	ab.back, ba.back = ba, ab
	for _, l := range []*link{ab, ba} {
		l.from.links[l.to] = l
		go l.deliver()
		l.from.engine.Join(l)
	}
}

// disconnect cuts the line between two devices.
func disconnect(a, b *device) {
	for _, l := range []*link{a.links[b], b.links[a]} {
		l.once.Do(func() { close(l.cut) })
		l.from.engine.Part(l)
	}
}

func (l *link) deliver() {
	for {
		select {
		case m := <-l.queue:
			l.with.Hear(l.back, m)
		case <-l.cut:
			return
		}
	}
}

func (l *link) Device() index.DeviceID { return l.to.id }

func (l *link) Send(ctx context.Context, m wire.Message) error {
	select {
	case l.queue <- m:
		return nil
	case <-l.cut:
		return fmt.Errorf("cut")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *link) Blocks(ctx context.Context, folder index.FolderID, p index.Path, root index.Hash) ([]index.Block, error) {
	return l.with.Blocks(ctx, l.from.id, wire.WantBlocks{Folder: folder, Path: p, Root: root})
}

func (l *link) Fetch(ctx context.Context, folder index.FolderID, wants []wire.Want, got func(int, []byte, func(), error)) error {
	for i, w := range wants {
		select {
		case <-l.cut:
			return fmt.Errorf("cut")
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		data, err := l.read(ctx, folder, w)
		got(i, data, func() {}, err)
	}
	return nil
}

func (l *link) read(ctx context.Context, folder index.FolderID, w wire.Want) ([]byte, error) {
	l.to.busy.RLock()
	defer l.to.busy.RUnlock()
	c, err := l.with.Open(ctx, l.from.id, folder, w.Path, w.Root)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	data := make([]byte, w.Size)
	_, err = c.ReadAt(data, w.Offset)
	return data, err
}

// write saves a file as a person's program would: by another name, then renamed.
func (d *device) write(path, content string) {
	d.w.t.Helper()
	full := filepath.Join(d.dir, path)
	must(d.w.t, os.MkdirAll(filepath.Dir(full), 0o755))
	must(d.w.t, os.WriteFile(full, []byte(content), 0o644))
}

func (d *device) remove(path string) {
	d.w.t.Helper()
	must(d.w.t, os.RemoveAll(filepath.Join(d.dir, path)))
}

func (d *device) rename(from, to string) {
	d.w.t.Helper()
	full := filepath.Join(d.dir, to)
	must(d.w.t, os.MkdirAll(filepath.Dir(full), 0o755))
	must(d.w.t, os.Rename(filepath.Join(d.dir, from), full))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// scan makes the device look at its folder now.
func (d *device) scan() {
	d.w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), waits.Limit)
	defer cancel()
	for d.status().Phase == "" {
		<-d.changed
	}
	var err error
	for range 100 {
		if err = d.engine.Scan(ctx, d.w.folder); err == nil {
			return
		}
		<-d.changed
	}
	d.w.t.Fatalf("%s: %v", d.name, err)
}

func (d *device) status() syncer.Status {
	for _, s := range d.engine.Status() {
		return s
	}
	return syncer.Status{}
}

// until waits for a state of a device.
func (d *device) until(what string, ok func(syncer.Status) bool) {
	d.w.t.Helper()
	limit := time.After(waits.Limit)
	for {
		if s := d.status(); ok(s) {
			return
		}
		select {
		case <-d.changed:
		case <-limit:
			for _, o := range d.w.devices {
				d.w.t.Logf("%s: %+v", o.name, o.status())
				d.w.t.Log(o.unsettled())
			}
			d.w.t.Fatalf("%s: not %s", d.name, what)
		}
	}
}

// unsettled lists the paths that a device still has to do something about.
func (d *device) unsettled() string {
	var b strings.Builder
	for _, gone := range []bool{false, true} {
		cases, err := d.store.Needs(context.Background(), d.w.folder, index.Path{}, 5, gone)
		for _, c := range cases {
			fmt.Fprintf(&b, "  needs %s: has %s %v\n", c.Path, c.Have.Kind, c.Have.Version)
			for _, o := range c.Others {
				fmt.Fprintf(&b, "    %s has %s %v\n", o.Device.Brief(), o.Kind, o.Version)
			}
		}
		if err != nil {
			fmt.Fprintln(&b, err)
		}
	}
	return b.String()
}

// settle lets every device look at its folder and waits until all say that they
// are in step with all that they are connected to.
func (w *world) settle() {
	w.t.Helper()
	for range 2 { // what the first round brings is looked at in the second
		for _, d := range w.devices {
			d.scan()
		}
		for _, d := range w.devices {
			d.until("in step", func(s syncer.Status) bool {
				for _, m := range s.Members {
					if m.Connected && !m.InStep {
						return false
					}
				}
				return s.Phase == syncer.InStep
			})
		}
	}
}

// tree lists what a device's folder holds, without our own directory. What goes
// away while it looks is not there.
func (d *device) tree() string {
	d.w.t.Helper()
	var lines []string
	err := filepath.WalkDir(d.dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return unlessGone(p, e, err)
		}
		rel, _ := filepath.Rel(d.dir, p)
		rel = filepath.ToSlash(rel)
		switch {
		case rel == ".":
			return nil
		case rel == index.Own:
			return filepath.SkipDir
		case e.IsDir():
			lines = append(lines, rel+"/")
		case e.Type()&fs.ModeSymlink != 0:
			to, _ := os.Readlink(p)
			lines = append(lines, rel+" -> "+to)
		default:
			content, err := os.ReadFile(p)
			if err != nil {
				return unlessGone(p, e, err)
			}
			if len(content) > 60 {
				content = fmt.Appendf(nil, "%d bytes %x", len(content), sha256.Sum256(content))
			}
			lines = append(lines, rel+" = "+string(content))
		}
		return nil
	})
	must(d.w.t, err)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// unlessGone returns an error, unless something else lies there now than was met, or nothing.
func unlessGone(p string, met fs.DirEntry, err error) error {
	now, lookErr := os.Lstat(p)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(lookErr, fs.ErrNotExist) || lookErr == nil && met != nil && now.Mode().Type() != met.Type() {
		return nil
	}
	return err
}

// same checks that all devices hold want, one entry a line.
func (w *world) same(want ...string) {
	w.t.Helper()
	slices.Sort(want)
	for _, d := range w.devices {
		if got := d.tree(); got != strings.Join(want, "\n") {
			w.t.Errorf("%s holds\n%s\nwant\n%s", d.name, got, strings.Join(want, "\n"))
		}
	}
}

func (d *device) verbs(verb string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, ev := range d.events {
		if ev.Verb == verb {
			n++
		}
	}
	return n
}
