// Package syncer is the engine: it keeps every shared folder the same on all
// devices that have it.
//
// It opens no file, no socket and no database. What it needs of the outside it
// is handed as the interfaces of outside.go, so the same engine runs on a laptop
// and in a simulation of five devices. Each folder has one goroutine that owns
// its state; what it decides is in the pure function step, what others hold is
// judged by package plan, and everything else is carrying out.
package syncer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"kith/index"
	"kith/peer/wire"
	"kith/syncer/chunk"
)

// Folder is one folder that the engine is asked to keep.
type Folder struct {
	ID      index.FolderID
	Name    string
	Dir     string         // where it lies on this device
	Members []index.Member // ourselves included
	Paused  bool
	Browse  bool         // only some of it has its place here
	Keep    []index.Path // of a folder that is browsed: that, with what lies below, has
	Leave   []index.Path // and that has not; of two that fit, the deeper one counts
	Entries int64        // how many entries of each member's index are remembered; zero: the usual number
}

// Config is what an Engine is made from. All of it is needed, but Event,
// Changed and Room, which may be nil, and Clock and Random, which have the usual ones.
type Config struct {
	Self     index.DeviceID
	Store    Store
	OpenTree func(dir string, folder index.FolderID) (Tree, error)
	Log      *slog.Logger
	// Event is told what happens in the folders. It must not block.
	Event func(Event)
	// Changed is called when the Status of a folder changed; often, and cheap.
	Changed func()
	// Boot names the life of the machine: it changes when memory was lost.
	Boot string
	// Clock returns the time: monotonic for waiting, and never for deciding.
	Clock func() time.Time
	// Random returns random bits, for the epochs of new indexes.
	Random func() uint32
	// Workers is how many cores hashing may use.
	Workers int
	// Room returns how many bytes are free where the Store lies; nil: any number.
	Room func() int64
}

// ErrNoFolder is returned for a folder that is not running.
var ErrNoFolder = errors.New("no such folder is open")

// ErrNotShared is returned to a device that asks for what it has no right to.
var ErrNotShared = errors.New("not shared with this device")

// Engine runs folders.
type Engine struct {
	cfg  Config
	wake chan struct{} // holds one: the wanted list changed

	splitter chunk.Splitter // shared by all folders, for its buffers

	mu      sync.Mutex // guards all below; held only to look things up
	wanted  []Folder
	running map[index.FolderID]*folder
	links   map[index.DeviceID]Link
	// subs has what each link subscribed to, for folders that open here later.
	subs map[Link]map[index.FolderID]wire.Subscribe
}

// maxSubs is how many folders a device may have open with us.
const maxSubs = 256

// New makes an engine that runs nothing yet.
func New(cfg Config) *Engine {
	if cfg.Event == nil {
		cfg.Event = func(Event) {}
	}
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	return &Engine{
		cfg:     cfg,
		wake:    make(chan struct{}, 1),
		running: make(map[index.FolderID]*folder),
		links:   make(map[index.DeviceID]Link),
		subs:    make(map[Link]map[index.FolderID]wire.Subscribe),
	}
}

// Want says which folders shall run: these and no others. It returns at once;
// Run starts and stops what is needed.
func (e *Engine) Want(folders []Folder) {
	e.mu.Lock()
	e.wanted = slices.Clone(folders)
	e.mu.Unlock()
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Run runs the wanted folders until ctx ends. It returns after they have stopped.
func (e *Engine) Run(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	for {
		e.match(ctx, &group)
		select {
		case <-ctx.Done():
			return nil
		case <-e.wake:
		}
	}
}

// match starts, stops and updates folders until they are the wanted ones.
func (e *Engine) match(ctx context.Context, group *sync.WaitGroup) {
	e.mu.Lock()
	wanted := e.wanted
	var stopped []*folder
	for id, f := range e.running {
		i := slices.IndexFunc(wanted, func(w Folder) bool { return w.ID == id && w.Dir == f.dir })
		if i < 0 {
			stopped = append(stopped, f)
			delete(e.running, id)
		}
	}
	e.mu.Unlock()
	for _, f := range stopped {
		f.stop()
		<-f.stopped
	}
	for _, w := range wanted {
		e.mu.Lock()
		f := e.running[w.ID]
		if f == nil {
			f = newFolder(e, w)
			e.running[w.ID] = f
			run, cancel := context.WithCancel(ctx)
			f.stop = cancel
			group.Go(func() { f.run(run) })
		}
		links := e.linksLocked()
		e.mu.Unlock()
		f.send(configured{w})
		for _, l := range links {
			f.send(linkUp{l})
		}
	}
	e.cfg.Changed()
}

func (e *Engine) linksLocked() []Link {
	links := make([]Link, 0, len(e.links))
	for _, d := range slices.SortedFunc(maps.Keys(e.links), index.DeviceID.Compare) {
		links = append(links, e.links[d])
	}
	return links
}

// Join tells the engine of a new conversation. An older one with the same
// device is taken to be over.
func (e *Engine) Join(l Link) {
	e.mu.Lock()
	e.links[l.Device()] = l
	folders := e.foldersLocked()
	e.mu.Unlock()
	for _, f := range folders {
		f.send(linkUp{l})
	}
}

// Part tells the engine that a conversation ended.
func (e *Engine) Part(l Link) {
	e.mu.Lock()
	if e.links[l.Device()] == l {
		delete(e.links, l.Device())
	}
	delete(e.subs, l)
	folders := e.foldersLocked()
	e.mu.Unlock()
	for _, f := range folders {
		f.send(linkDown{l})
	}
}

// Hear takes a Subscribe, Unsubscribe or Update that came over a link. It must be
// called for one link's messages in their order; it blocks while the engine is
// busy with them.
func (e *Engine) Hear(l Link, m wire.Message) {
	switch m := m.(type) {
	case *wire.Subscribe:
		e.note(l, *m)
		if f := e.folder(m.Folder); f != nil {
			f.send(subscribed{l, *m})
		}
	case *wire.Unsubscribe:
		e.unnote(l, m.Folder)
		if f := e.folder(m.Folder); f != nil {
			f.send(unsubscribed{l, *m})
		}
	case *wire.Update:
		if f := e.folder(m.Folder); f != nil {
			f.learn(l, *m)
		}
	}
}

// note keeps what a link subscribed to, as long as it lasts.
func (e *Engine) note(l Link, sub wire.Subscribe) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.subs[l] == nil {
		e.subs[l] = make(map[index.FolderID]wire.Subscribe)
	}
	if len(e.subs[l]) < maxSubs {
		e.subs[l][sub.Folder] = sub
	}
}

// subscription returns what a link subscribed to in a folder; nil if it has not.
func (e *Engine) subscription(l Link, id index.FolderID) *wire.Subscribe {
	e.mu.Lock()
	defer e.mu.Unlock()
	if sub, ok := e.subs[l][id]; ok {
		return &sub
	}
	return nil
}

func (e *Engine) unnote(l Link, id index.FolderID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.subs[l], id)
}

func (e *Engine) folder(id index.FolderID) *folder {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.running[id]
}

// link returns the conversation with a device; nil if there is none.
func (e *Engine) link(d index.DeviceID) Link {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.links[d]
}

func (e *Engine) foldersLocked() []*folder {
	folders := make([]*folder, 0, len(e.running))
	for _, f := range e.running {
		folders = append(folders, f)
	}
	return folders
}

// Status returns what every folder is doing, in the order of the wanted list.
func (e *Engine) Status() []Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []Status
	for _, w := range e.wanted {
		if f := e.running[w.ID]; f != nil {
			all = append(all, f.status())
		}
	}
	return all
}

// Scan looks at the whole folder now. It returns when what was found there is
// in the index, and so on its way to the others.
func (e *Engine) Scan(ctx context.Context, id index.FolderID) error {
	f := e.folder(id)
	if f == nil {
		return ErrNoFolder
	}
	done := make(chan error, 1)
	f.send(scanAsked{done})
	select {
	case err := <-done:
		return err
	case <-f.stopped:
		return ErrNoFolder
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Blocks answers a device that asks for the block list of a file it was told of.
func (e *Engine) Blocks(ctx context.Context, device index.DeviceID, m wire.WantBlocks) ([]index.Block, error) {
	f := e.folder(m.Folder)
	if f == nil || !f.isMember(device) {
		return nil, ErrNotShared
	}
	return f.blocksOf(ctx, m.Path, m.Root)
}

// Content is an open file that is being served.
type Content = interface {
	io.ReaderAt
	io.Closer
	Same() bool
	NextData(off int64) int64
}

// Open opens a file for a device which was told that it has that root.
func (e *Engine) Open(ctx context.Context, device index.DeviceID, folder index.FolderID, p index.Path, root index.Hash) (Content, error) {
	f := e.folder(folder)
	if f == nil || !f.isMember(device) {
		return nil, ErrNotShared
	}
	return f.open(ctx, device, p, root)
}

// served counts what is read of a file on behalf of a device.
type served struct {
	Content
	to      *flow
	refresh func() // the figures
}

func (s served) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.Content.ReadAt(p, off)
	s.to.up.Add(int64(n))
	s.refresh()
	return n, err
}

func (f *folder) blocksOf(ctx context.Context, p index.Path, root index.Hash) ([]index.Block, error) {
	recs, err := f.store.Get(ctx, f.id, []index.Path{p}, false)
	if err != nil {
		return nil, err
	}
	if recs[0].Kind != index.Regular || recs[0].Root != root {
		return nil, fmt.Errorf("%s: not this content any more", p)
	}
	blocks, ok, err := f.store.Blocks(ctx, f.id, root)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s: no list of its blocks", p)
	}
	return blocks, nil
}

func (f *folder) open(ctx context.Context, device index.DeviceID, p index.Path, root index.Hash) (Content, error) {
	tree := f.openTree()
	if tree == nil {
		return nil, fmt.Errorf("%s: folder is closed", p)
	}
	rec, err := f.shelved(ctx, p)
	if err != nil {
		return nil, err
	}
	if rec.Kind != index.Regular || rec.Root != root {
		return nil, fmt.Errorf("%s: not this content any more", p)
	}
	if f.remains.of(rec) != nil {
		return nil, fmt.Errorf("%s: %w", p, wire.ErrPerished)
	}
	c, err := tree.Open(p, rec.Identity)
	if err != nil {
		f.send(hinted{paths: []index.Path{p}})
		return nil, err
	}
	return served{c, f.traffic.with(device), f.board.refresh}, nil
}
