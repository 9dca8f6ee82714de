//go:build !linux && !freebsd && !openbsd && !netbsd

package tray

import (
	"context"
	"fmt"

	"github.com/ncruces/zenity"
)

// openDesktop looks at what Windows and macOS offer. Their notifications cannot
// be answered or taken back: the menu has what they tell of.
func openDesktop(context.Context, func(Action)) *desktop {
	d := &desktop{notes: toasts{}, host: func(context.Context) bool { return true }, close: func() {}}
	var err error
	if d.panel, err = newPanel(); err != nil {
		d.lacks = err
	}
	return d
}

type toasts struct{}

func (toasts) Show(n Note) error {
	if err := zenity.Notify(n.Body, zenity.Title(n.Title)); err != nil {
		return fmt.Errorf("show notification: %w", err)
	}
	return nil
}

func (toasts) Withdraw(string) {}
