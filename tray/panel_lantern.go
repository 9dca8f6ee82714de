//go:build windows || (darwin && cgo) || (linux && cgo && gtk)

package tray

import (
	"runtime"
	"strings"

	"github.com/getlantern/systray"
)

// nativeTray is an icon of the system's own toolkit: Win32, Cocoa or GTK.
type nativeTray struct{ pictures map[Icon][]byte }

func newPanel() (panel, error) {
	if err := probe(); err != nil {
		return nil, err
	}
	return nativeTray{make(map[Icon][]byte)}, nil
}

func (nativeTray) Run(draw, begin func()) { systray.Run(func() { draw(); begin() }, nil) }
func (nativeTray) Quit()                  { systray.Quit() }

func (nativeTray) Make(below line, s shape, title string, clicked func()) line {
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

// Label doubles what would underline the letter after it, on Windows.
func (nativeTray) Label(title string) string {
	if runtime.GOOS == "windows" {
		return strings.ReplaceAll(title, "&", "&&")
	}
	return title
}

// SetIcon keeps each picture for good: GTK goes on reading it after this returns.
func (t nativeTray) SetIcon(i Icon) {
	data := iconData(i)
	t.pictures[i] = data
	systray.SetTemplateIcon(data, data)
}

func (nativeTray) SetTooltip(text string) { systray.SetTooltip(text) }
