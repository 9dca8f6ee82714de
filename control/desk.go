package control

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kith/index"
	"kith/syncer"
)

// FolderMaker prepares a directory for being the shared folder with that ID.
type FolderMaker = func(dir string, id index.FolderID) error

// DeskConfig is what a Desk is made from. All of it is needed unless it is said
// otherwise.
type DeskConfig struct {
	Home       Home
	Version    string // of the program
	Identity   Identity
	Activity   *Activity
	Log        *slog.Logger
	MakeFolder FolderMaker
	// ReleaseKey is the minisign public key of the program's makers; empty if it was
	// built without one.
	ReleaseKey string
	// Autostart has the system start the app at login; nil where that cannot be.
	Autostart AutostartSwitch
	// Network looks around on the network, for a second or two; nil where there is
	// no discovery.
	Network func(context.Context) (Network, error)
	// Quit ends the app. It is called once a person said so.
	Quit func()
}

// Desk carries out commands, and keeps the picture of everything current.
type Desk struct {
	cfg    DeskConfig
	file   settingsFile // used only by who holds changing
	hub    *Hub
	engine Engine
	board  Board
	rates  *recorder
	page   Page          // nil where none is served
	dirty  chan struct{} // holds a token when the picture may be out of date
	moved  chan struct{} // holds a token when the settings moved

	changing sync.Mutex // held by who changes the settings, file included
	settings atomic.Pointer[Settings]
	settling sync.Mutex // held while the settings are set to work
	painting sync.Mutex // held while a picture is made and shown

	criers  sync.WaitGroup
	mu      sync.Mutex // guards what follows
	login   loginState
	double  twin
	twins   map[index.DeviceID]bool // devices whose key two machines use
	newest  *heardOf                // the newest release known, or nil; not changed in place
	links   map[index.DeviceID]*crier
	offers  map[index.FolderID]offer
	nearby  map[index.DeviceID]sighting
	settled []settled // the latest decisions about conflicts, the latest last
	// trouble is what a person should know about how the settings were found.
	trouble string
}

// NewDesk reads the settings of the home and returns a desk for them.
func NewDesk(cfg DeskConfig) (*Desk, error) {
	d := &Desk{
		cfg:    cfg,
		file:   settingsFile{path: cfg.Home.settingsFile()},
		hub:    NewHub(),
		rates:  newRecorder(),
		dirty:  make(chan struct{}, 1),
		moved:  make(chan struct{}, 1),
		links:  make(map[index.DeviceID]*crier),
		offers: make(map[index.FolderID]offer),
		nearby: make(map[index.DeviceID]sighting),
	}
	s, trouble, err := d.file.load()
	if err != nil {
		return nil, err
	}
	if trouble != "" {
		cfg.Log.Warn("last good settings used", "reason", trouble)
	}
	d.trouble = trouble
	d.lookAtLogin()
	d.settings.Store(s)
	d.loadRelease()
	return d, nil
}

// Attach gives the desk the engine and the board, which are made from functions
// of the desk. Nothing else may be called before, but Settings and SetName.
func (d *Desk) Attach(engine Engine, board Board) { d.engine, d.board = engine, board }

// AttachPage gives the desk the page, before Run.
func (d *Desk) AttachPage(p Page) { d.page = p }

// Settings returns the settings in force. They must not be changed.
func (d *Desk) Settings() *Settings { return d.settings.Load() }

// Hub returns where the picture is to be seen.
func (d *Desk) Hub() *Hub { return d.hub }

// Name returns what this device calls itself.
func (d *Desk) Name() string { return d.Settings().Name }

// SetName makes name what this device calls itself, durably.
func (d *Desk) SetName(name string) error {
	name = cleanName(name, maxDeviceName)
	if name == d.Name() {
		return nil
	}
	return d.save(func(s *Settings) error {
		s.Name = name
		return nil
	})
}

// paintEvery is how long the picture is left alone after it was made anew.
const paintEvery = 100 * time.Millisecond

// Run sets the settings to work, and keeps the picture current until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	defer d.criers.Wait()
	d.settle()
	d.reachAll()
	for {
		wait := d.untilResume(time.Now())
		select {
		case <-ctx.Done():
			return nil
		case <-d.moved:
			d.board.Recheck()
			d.reachNearby()
		case <-wait:
			d.endPauses(time.Now())
		case <-d.dirty:
			d.watchForTwin()
			d.watchForTwins()
			d.paint()
			d.rememberMet()
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(paintEvery):
			}
		}
	}
}

// Changed says that the picture may be out of date. It is cheap, and never waits.
func (d *Desk) Changed() { wake(d.dirty) }

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// change lets fn change a copy of the settings, makes that durable, and sets it
// to work. If fn fails, nothing changed. It must not be called while d.mu is held.
func (d *Desk) change(fn func(*Settings) error) error {
	if err := d.save(fn); err != nil {
		return err
	}
	d.settle()
	return nil
}

func (d *Desk) save(fn func(*Settings) error) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	next := d.Settings().Clone()
	if edited, ok := d.file.edited(); ok {
		next = edited
	}
	if err := fn(next); err != nil {
		return err
	}
	if err := d.file.save(next); err != nil {
		return failed("%w", err).Hint("make room on the disk, or check the rights of the directory")
	}
	d.settings.Store(next)
	return nil
}

// settle makes everything else follow the settings: declaratively, so that it
// does not matter what changed.
func (d *Desk) settle() {
	d.settling.Lock()
	defer d.settling.Unlock()
	s := d.Settings()
	d.engine.Want(d.wanted(s))
	d.mu.Lock()
	for _, c := range d.links {
		wake(c.wake)
	}
	d.mu.Unlock()
	wake(d.moved)
	d.Changed()
}

// wanted returns the folders which the engine shall run.
func (d *Desk) wanted(s *Settings) []syncer.Folder {
	var out []syncer.Folder
	stopped := d.twin().met
	for _, f := range s.Folders {
		if f.broken != nil {
			continue // shown as an error in the picture
		}
		out = append(out, syncer.Folder{
			ID: f.ID, Name: f.Name, Dir: f.Dir, Members: f.signed.Members, Paused: f.Paused || stopped,
			Browse: f.Browse, Keep: pathsOf(f.Keep), Leave: pathsOf(f.Leave), Entries: f.Entries,
		})
	}
	return out
}

// Event takes note of what the engine says happened. It does not wait.
func (d *Desk) Event(e syncer.Event) {
	entry := Entry{At: e.At.UTC(), Verb: e.Verb, Path: e.Path, Detail: e.Detail}
	if f, ok := d.Settings().Folder(e.Folder); ok {
		entry.Folder = f.Name
	}
	if !e.Device.IsZero() {
		entry.Device = d.nameOf(e.Device)
	}
	d.cfg.Activity.Add(entry)
	d.cfg.Log.Debug(e.Verb, "folder", entry.Folder, "device", entry.Device, "path", e.Path, "detail", e.Detail)
}

// note adds to the activity, and to the log.
func (d *Desk) note(e Entry) {
	e.At = time.Now().UTC()
	d.cfg.Activity.Add(e)
	d.cfg.Log.Info(e.Verb, "folder", e.Folder, "device", e.Device, "path", e.Path, "detail", e.Detail)
}

func newFolderID() index.FolderID {
	var id index.FolderID
	rand.Read(id[:]) // never fails
	return id
}
