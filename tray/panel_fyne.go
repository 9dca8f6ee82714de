//go:build (linux || freebsd || openbsd || netbsd) && !android && !gtk

package tray

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/systray"
	"github.com/godbus/dbus/v5"
)

// statusNotifier is an icon by the StatusNotifierItem protocol, over the session
// bus: it needs neither a display nor a toolkit, and appears in a panel whenever
// one comes.
type statusNotifier struct{ quit chan struct{} }

// newPanel makes sure first that the library will find the bus: without one it
// would start one of its own, or fail when it is told to quit.
func newPanel() (panel, error) {
	ctx, cancel := context.WithTimeout(context.Background(), busWithin)
	defer cancel()
	conn, err := sessionBus(ctx)
	if err != nil {
		return nil, err
	}
	conn.Close()
	if _, err := dbus.SessionBus(); err != nil { // the connection that the library uses
		return nil, fmt.Errorf("%w: %w", errNoBus, err)
	}
	return statusNotifier{make(chan struct{})}, nil
}

// Run changes nothing while the library puts the icon on the bus: what is set
// meanwhile comes neither with the icon nor after it.
func (p statusNotifier) Run(draw, begin func()) {
	systray.SetTitle("Kith") // it becomes the name of the item, once
	start, end := systray.RunWithExternalLoop(nil, nil)
	draw()
	start()
	begin()
	<-p.quit
	end()
}

func (p statusNotifier) Quit() { close(p.quit) }

func (statusNotifier) Make(below line, s shape, title string, clicked func()) line {
	parent, _ := below.(*systray.MenuItem)
	var item *systray.MenuItem
	switch {
	case s == separator:
		systray.AddSeparator()
		return nil
	case s == box && parent == nil:
		item = systray.AddMenuItemCheckbox(title, "", false)
	case s == box:
		item = parent.AddSubMenuItemCheckbox(title, "", false)
	case parent == nil:
		item = systray.AddMenuItem(title, "")
	default:
		item = parent.AddSubMenuItem(title, "")
	}
	go func() {
		for range item.ClickedCh {
			clicked()
		}
	}()
	return item
}

// Label doubles what would underline the letter after it.
func (statusNotifier) Label(title string) string { return strings.ReplaceAll(title, "_", "__") }

func (statusNotifier) SetIcon(i Icon) { systray.SetIcon(iconData(i)) }

func (statusNotifier) SetTooltip(text string) { systray.SetTooltip(text) }
