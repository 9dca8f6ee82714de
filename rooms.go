package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"time"

	"kith/control"
	"kith/control/cli"
	"kith/control/dash"
	"kith/control/doctor"
	"kith/discovery"
	"kith/index"
	"kith/index/sqlite"
	"kith/peer"
	"kith/peer/wire"
	"kith/syncer"
	"kith/syncer/disk"
	"kith/tray"
)

// app is the whole house: its rooms, from the ground up.
type app struct {
	home    control.Home
	options cli.Options
	quit    func()

	log      *control.Log
	activity *control.Activity
	index    *sqlite.Index
	identity *peer.Identity
	desk     *control.Desk
	engine   *syncer.Engine
	board    *peer.Board
	scout    *discovery.Scout
	door     *control.Server
	page     *dash.Page
	closers  []io.Closer // in the order in which they were opened
}

func (a *app) takeLock() error {
	lock, err := a.home.Lock()
	return a.keep(lock, err)
}

// openLog also catches what libraries print. KITH_LOG=debug makes it say more.
func (a *app) openLog() (err error) {
	level := slog.LevelInfo
	if text := os.Getenv("KITH_LOG"); text != "" {
		if err := level.UnmarshalText([]byte(text)); err != nil {
			return fmt.Errorf("read KITH_LOG: %w", err)
		}
	}
	a.log, err = control.OpenLog(a.home, level)
	if err == nil {
		log.SetFlags(0)
		log.SetOutput(slog.NewLogLogger(a.log.Handler(), slog.LevelDebug).Writer())
	}
	return a.keep(a.log, err)
}

func (a *app) openActivity() (err error) {
	a.activity, err = control.OpenActivity(a.home)
	return a.keep(a.activity, err)
}

func (a *app) openIndex() (err error) {
	a.index, err = sqlite.Open(a.home.Index())
	if err == nil && a.index.Lost() != "" {
		a.log.Warn("a damaged index was set aside; every file is looked at anew", "path", a.index.Lost())
	}
	return a.keep(a.index, err)
}

func (a *app) makeDesk() (err error) {
	if a.identity, err = control.LoadIdentity(a.home, peer.LoadIdentity); err != nil {
		return err
	}
	a.desk, err = control.NewDesk(control.DeskConfig{
		Home: a.home, Version: control.VersionText(version), ReleaseKey: releaseKey, Identity: a.identity,
		Activity: a.activity, Autostart: autostartOf(a.home), Log: a.log.Logger, MakeFolder: disk.Create, Network: a.network, Quit: a.quit,
	})
	if err != nil {
		return err
	}
	if a.index.Moved() {
		a.desk.Event(syncer.Event{At: time.Now(), Verb: "new-epoch",
			Detail: "Kith's index came from a backup or another machine: what is here is compared anew with what the others have"})
	}
	host, _ := os.Hostname() // without one, a name that says so
	return a.desk.SetName(cmp.Or(a.options.Name, a.desk.Name(), host))
}

func (a *app) makeEngine() error {
	a.engine = syncer.New(syncer.Config{
		Boot: disk.Boot(),
		Self: a.identity.ID(), Store: a.index, OpenTree: a.openTree, Log: a.log.Logger,
		Event: a.desk.Event, Changed: a.desk.Changed,
		Random: rand.Uint32, Workers: runtime.GOMAXPROCS(0), Room: a.home.Room,
	})
	return nil
}

func (a *app) openTree(dir string, folder index.FolderID) (syncer.Tree, error) {
	t, err := disk.Open(dir, folder)
	if err != nil {
		return nil, err
	}
	t.SetDevice(a.desk.Name())
	return t, nil
}

func (a *app) makeBoard() (err error) {
	a.board, err = peer.NewBoard(peer.Config{
		Identity: a.identity, Name: a.desk.Name, App: control.VersionText(version),
		Listen:  cmp.Or(a.options.Listen, a.desk.Settings().Listen),
		Allowed: a.desk.Allowed,
		Up:      func(s *peer.Session) { a.desk.Up(s) },
		Down:    func(s *peer.Session, why error) { a.desk.Down(s, why) },
		Handler: peer.Handler{
			Hear:   func(s *peer.Session, m wire.Message) { a.desk.Hear(s, m) },
			Blocks: a.engine.Blocks,
			Open:   a.open,
		},
		Paired: a.desk.Paired, Changed: a.desk.Changed, Log: a.log.Logger,
	})
	a.desk.Attach(a.engine, a.board)
	return err
}

// open opens a file for a device: what the engine calls content, in the words of
// the room that sends it.
func (a *app) open(ctx context.Context, device index.DeviceID, folder index.FolderID, p index.Path, root index.Hash) (peer.Content, error) {
	return a.engine.Open(ctx, device, folder, p, root)
}

func (a *app) openDoor() (err error) {
	a.door, err = control.Listen(a.home, a.desk, a.activity, a.log.Logger)
	return err
}

func (a *app) makePage() error {
	a.page = dash.New(dash.Config{
		Dir: a.home.Run, API: a.door.Handler(), Hub: a.desk.Hub(), Activity: a.activity, Log: a.log.Logger,
	})
	a.desk.AttachPage(a.page)
	return nil
}

// showTray shows the tray until ctx ends. What is shown is at work by then, or
// will be in a moment: a picture says which.
func (a *app) showTray(ctx context.Context) error {
	return tray.Run(ctx, tray.Config{
		Hub: a.desk.Hub(), Activity: a.activity, Do: a.desk.Do, Log: a.log.Logger,
		Open: func(ctx context.Context, place string) error { return control.ShowPage(ctx, a.desk.Do, place) },
		Say:  func(text string) { fmt.Fprintln(a.options.Ready, text) }, Welcome: a.options.Opened, AtLogin: a.options.AtLogin,
	})
}

func (a *app) makeScout() error {
	a.scout = discovery.New(discovery.Config{
		Self: func() discovery.Self {
			return discovery.Self{Device: a.identity.ID(), Name: a.desk.Name(), Port: a.board.Port()}
		},
		Saw:            func(s discovery.Sighting) { a.desk.Saw(s.Device, s.Name, s.Addrs) },
		NetworkChanged: a.board.Wake,
		Interfaces:     a.interfaces(),
		Log:            a.log.Logger,
	})
	return nil
}

// network tells the desk what discovery found out, in the words of the door.
func (a *app) network(ctx context.Context) (control.Network, error) {
	h, err := a.scout.Check(ctx)
	if err != nil {
		return control.Network{}, err
	}
	n := control.Network{Loopback: a.interfaces() != nil, Multicast: channel(h.Multicast), Broadcast: channel(h.Broadcast)}
	for _, i := range h.Interfaces {
		n.Interfaces = append(n.Interfaces, doctor.Interface(i))
	}
	return n, nil
}

func channel(c discovery.Channel) doctor.Channel {
	out := doctor.Channel{Own: c.Own, None: c.None, Others: c.Others}
	for err := c.Failed; err != nil; err = errors.Unwrap(err) {
		out.Failed = err.Error() // what the system says, without what we did
	}
	return out
}

// interfaces chooses where to be seen: a device that listens only on this machine
// is only seen on it.
func (a *app) interfaces() func(net.Interface) bool {
	host, _, _ := net.SplitHostPort(cmp.Or(a.options.Listen, a.desk.Settings().Listen))
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil
	}
	return func(i net.Interface) bool { return i.Flags&net.FlagLoopback != 0 }
}
