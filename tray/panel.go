package tray

import (
	"context"
	"embed"
)

// panel is a place for an icon and its menu, as a library for trays has it. Its
// methods are for one goroutine, but Run, which blocks in the main thread.
type panel interface {
	// Run calls draw once lines can be made, and begin as soon as what changes
	// from then on reaches the icon too. What draw draws is there when a menu is
	// first shown. Run returns after Quit.
	Run(draw, begin func())
	Quit()
	Make(below line, s shape, title string, clicked func()) line
	Label(title string) string // as the library wants it written
	SetIcon(Icon)
	SetTooltip(string)
}

// notifier shows notifications.
type notifier interface {
	Show(Note) error
	Withdraw(key string)
}

// desktop is what this person's desktop offers.
type desktop struct {
	panel panel // nil: there is none
	lacks error // why there is none
	notes notifier
	// host waits until something shows the icons of panels, for as long as ctx
	// lasts, and reports whether it does.
	host  func(ctx context.Context) bool
	close func()
}

// drawings hold every icon in the form that this system wants.
type drawings struct{ files embed.FS }

func (d drawings) read(name string) []byte {
	data, err := d.files.ReadFile("icons/" + name)
	if err != nil {
		panic(err) // it is built in
	}
	return data
}
