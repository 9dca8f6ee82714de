//go:build linux || freebsd || openbsd || netbsd

package tray

import (
	"context"
	"errors"
	"fmt"
	"html"
	"slices"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// openDesktop looks at what a desktop by the rules of freedesktop.org offers.
// chosen is called with what a person chose in a notification.
func openDesktop(ctx context.Context, chosen func(Action)) *desktop {
	d := &desktop{close: func() {}}
	var err error
	if d.panel, err = newPanel(); err != nil {
		d.lacks = err
	}
	conn, err := sessionBus(ctx)
	if err != nil {
		return d // and no notifications
	}
	notes := &busNotes{conn: conn, chosen: chosen, shown: make(map[string]uint32), open: make(map[uint32]Note)}
	signals := make(chan *dbus.Signal, 64) // room for a burst; the library drops what does not fit
	conn.Signal(signals)
	go notes.listen(signals)
	d.notes = notes
	d.host = func(ctx context.Context) bool { return awaitOwner(ctx, watcher) }
	d.close = func() { conn.Close() }
	return d
}

// errNoBus says that this person's session has no bus that could be reached.
var errNoBus = errors.New("there is no session bus")

// busWithin is how long a bus may take to say hello.
const busWithin = 5 * time.Second

// sessionBus returns a connection of our own to the bus that is there. It is
// closed when ctx ends.
func sessionBus(ctx context.Context) (*dbus.Conn, error) {
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoBus, err)
	}
	late := time.AfterFunc(busWithin, func() { conn.Close() })
	defer late.Stop()
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("%w: %w", errNoBus, err)
	}
	return conn, nil
}

// watcher is the name under which a panel takes in icons.
const watcher = "org.kde.StatusNotifierWatcher"

// awaitOwner waits until a name on the bus has an owner.
func awaitOwner(ctx context.Context, name string) bool {
	conn, err := sessionBus(ctx)
	if err != nil {
		return false
	}
	defer conn.Close()
	changes := make(chan *dbus.Signal, 16) // of one name: they are few
	conn.Signal(changes)
	err = conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name))
	if err != nil {
		return false
	}
	for {
		var owned bool
		if err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, name).Store(&owned); err != nil || owned {
			return owned
		}
		select {
		case <-ctx.Done():
			return false
		case _, ok := <-changes:
			if !ok {
				return false
			}
		}
	}
}

// busNotes shows notifications by the Desktop Notifications Specification.
type busNotes struct {
	conn   *dbus.Conn
	chosen func(Action)

	mu    sync.Mutex        // guards what follows
	shown map[string]uint32 // the number of a note, by its key
	open  map[uint32]Note
}

const (
	notesName = "org.freedesktop.Notifications"
	notesPath = "/org/freedesktop/Notifications"
)

// Show shows a note, in the place of an earlier one with the same key.
func (b *busNotes) Show(n Note) error {
	ctx, cancel := context.WithTimeout(context.Background(), busWithin)
	defer cancel()
	server := b.conn.Object(notesName, notesPath)
	var can []string
	if err := server.CallWithContext(ctx, notesName+".GetCapabilities", 0).Store(&can); err != nil {
		return fmt.Errorf("show notification: %w", err)
	}
	body := n.Body
	if slices.Contains(can, "body-markup") {
		body = html.EscapeString(body)
	}
	actions := []string{"default", "Open"}
	for _, a := range n.Answers {
		actions = append(actions, a.Title, a.Title)
	}
	if !slices.Contains(can, "actions") {
		actions = nil
	}
	hints := map[string]dbus.Variant{"desktop-entry": dbus.MakeVariant("kith")}
	wait := int32(-1) // as the system likes
	if n.Stay {
		wait = 0
	}
	b.mu.Lock()
	old := b.shown[n.Key]
	b.mu.Unlock()
	var number uint32
	err := server.CallWithContext(ctx, notesName+".Notify", 0, "Kith", old, "kith", n.Title, body, actions, hints, wait).Store(&number)
	if err != nil {
		return fmt.Errorf("show notification: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shown[n.Key], b.open[number] = number, n
	return nil
}

// Withdraw takes a note away that no longer holds.
func (b *busNotes) Withdraw(key string) {
	b.mu.Lock()
	number, ok := b.shown[key]
	delete(b.shown, key)
	delete(b.open, number)
	b.mu.Unlock()
	if ok { // whether it was still there makes no difference
		b.conn.Object(notesName, notesPath).Call(notesName+".CloseNotification", dbus.FlagNoReplyExpected, number)
	}
}

// listen passes on what is chosen, until the connection ends.
func (b *busNotes) listen(signals <-chan *dbus.Signal) {
	err := b.conn.AddMatchSignal(dbus.WithMatchInterface(notesName))
	if err != nil {
		return // nothing can be chosen; the menu has everything
	}
	for s := range signals {
		if len(s.Body) < 2 {
			continue
		}
		number, _ := s.Body[0].(uint32)
		b.mu.Lock()
		n, ours := b.open[number]
		b.mu.Unlock()
		if !ours {
			continue // another program's
		}
		switch s.Name {
		case notesName + ".NotificationClosed":
			b.mu.Lock()
			delete(b.open, number)
			if b.shown[n.Key] == number {
				delete(b.shown, n.Key)
			}
			b.mu.Unlock()
		case notesName + ".ActionInvoked":
			word, _ := s.Body[1].(string)
			if a := n.action(word); a != nil {
				b.chosen(a)
			}
		}
	}
}

// action returns what a button, or a click on the note itself, stands for.
func (n Note) action(word string) Action {
	for _, a := range n.Answers {
		if a.Title == word {
			return a.Do
		}
	}
	if word == "default" {
		return n.Open
	}
	return nil
}
