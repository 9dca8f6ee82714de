//go:build linux

package tray

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = "/StatusNotifierWatcher"
	itemName    = "org.kde.StatusNotifierItem"
	menuName    = "com.canonical.dbusmenu"
)

// bus is a session bus of its own, and the test's connection to it.
type bus struct {
	*testing.T
	ctx     context.Context // ends at the test's deadline
	stop    func()          // ends the bus
	address string
	conn    *dbus.Conn

	mu      sync.Mutex // guards what follows
	items   []item     // registered with our panel
	changed chan struct{}
}

// item is where an icon is on the bus.
type item struct {
	owner string
	path  dbus.ObjectPath
}

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>%s
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// newBus starts a bus on which nothing is yet. It starts nothing by itself, unless
// there is a real desktop on it, whose parts need that, with its settings in config.
func newBus(ctx context.Context, t *testing.T, config string) *bus {
	t.Helper()
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("there is no dbus-daemon here")
	}
	dir, err := os.MkdirTemp("", "kith-bus-") // a short path: it goes into a socket address
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	rules := filepath.Join(dir, "bus.conf")
	services := ""
	if config != "" {
		services = "<standard_session_servicedirs/>"
	}
	if err := os.WriteFile(rules, fmt.Appendf(nil, busConfig, filepath.Join(dir, "bus"), services), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--config-file="+rules, "--nofork", "--nopidfile", "--print-address")
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+config) // for what it starts
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	t.Cleanup(stop)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	b := &bus{T: t, ctx: ctx, stop: stop, address: strings.TrimSpace(address), changed: make(chan struct{})}
	b.conn, err = dbus.Connect(b.address, dbus.WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.conn.Close() })
	return b
}

// openPanel makes the test a panel that takes icons in.
func (b *bus) openPanel() {
	b.Helper()
	if err := b.conn.Export(panel{b}, watcherPath, watcherName); err != nil {
		b.Fatal(err)
	}
	_, err := prop.Export(b.conn, watcherPath, prop.Map{watcherName: {
		"RegisteredStatusNotifierItems":  {Value: []string{}, Emit: prop.EmitTrue},
		"IsStatusNotifierHostRegistered": {Value: true, Emit: prop.EmitTrue},
		"ProtocolVersion":                {Value: int32(0), Emit: prop.EmitTrue},
	}})
	if err != nil {
		b.Fatal(err)
	}
	reply, err := b.conn.RequestName(watcherName, dbus.NameFlagDoNotQueue)
	if err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		b.Fatalf("own the name of a panel: %v, %v", reply, err)
	}
}

// panel is what programs call to have their icon shown.
type panel struct{ b *bus }

// RegisterStatusNotifierItem takes in an icon: where is its path, or its name on
// the bus.
func (p panel) RegisterStatusNotifierItem(sender dbus.Sender, where string) *dbus.Error {
	i := item{string(sender), dbus.ObjectPath(where)}
	if !strings.HasPrefix(where, "/") {
		i = item{where, "/StatusNotifierItem"}
	}
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	p.b.items = append(p.b.items, i)
	close(p.b.changed)
	p.b.changed = make(chan struct{})
	return nil
}

// RegisterStatusNotifierHost is for those who draw the icons.
func (p panel) RegisterStatusNotifierHost(string) *dbus.Error { return nil }

// icon waits for an icon to appear in the panel.
func (b *bus) icon() *icon {
	b.Helper()
	for {
		b.mu.Lock()
		items, changed := b.items, b.changed
		b.mu.Unlock()
		if len(items) > 0 {
			return b.lookAt(items[len(items)-1])
		}
		select {
		case <-changed:
		case <-b.ctx.Done():
			b.Fatal("no icon appeared")
		}
	}
}

// note is a notification as the service got it.
type note struct {
	number             uint32
	title, body        string
	buttons            []string
	replaced, finished bool
}

// notices is the service of notifications.
type notices struct {
	b    *bus
	mu   sync.Mutex // guards what follows
	all  []*note
	more chan struct{}
}

const (
	noticesName = "org.freedesktop.Notifications"
	noticesPath = "/org/freedesktop/Notifications"
)

func (b *bus) openNotices() *notices {
	b.Helper()
	n := &notices{b: b, more: make(chan struct{})}
	if err := b.conn.Export(n, noticesPath, noticesName); err != nil {
		b.Fatal(err)
	}
	if _, err := b.conn.RequestName(noticesName, dbus.NameFlagDoNotQueue); err != nil {
		b.Fatal(err)
	}
	return n
}

// GetCapabilities says what this service can do.
func (n *notices) GetCapabilities() ([]string, *dbus.Error) {
	return []string{"actions", "body", "body-markup"}, nil
}

// Notify takes a notification in.
func (n *notices) Notify(_ string, replaces uint32, _, title, body string, actions []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	x := &note{number: uint32(len(n.all) + 1), title: title, body: body}
	for i := 1; i < len(actions); i += 2 {
		x.buttons = append(x.buttons, actions[i])
	}
	for _, old := range n.all {
		old.replaced = old.replaced || old.number == replaces
	}
	n.all = append(n.all, x)
	n.wake()
	return x.number, nil
}

// CloseNotification takes one away.
func (n *notices) CloseNotification(number uint32) *dbus.Error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, x := range n.all {
		x.finished = x.finished || x.number == number
	}
	n.wake()
	return nil
}

func (n *notices) wake() {
	close(n.more)
	n.more = make(chan struct{})
}

// until waits for a notification that is so, and returns it as it was then.
func (n *notices) until(what string, is func(note) bool) note {
	n.b.Helper()
	for {
		n.mu.Lock()
		more := n.more
		for _, x := range n.all {
			if is(*x) {
				defer n.mu.Unlock()
				return *x
			}
		}
		n.mu.Unlock()
		select {
		case <-more:
		case <-n.b.ctx.Done():
			n.b.Fatalf("waited for a notification: %s", what)
		}
	}
}

// press chooses a button of a notification.
func (n *notices) press(x note, button string) {
	n.b.Helper()
	if err := n.b.conn.Emit(noticesPath, noticesName+".ActionInvoked", x.number, button); err != nil {
		n.b.Fatal(err)
	}
}
