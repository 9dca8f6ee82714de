// Package tray is Kith's icon in the panel, its menu and its notifications.
//
// It is a face: it sends commands, draws what the picture says, and holds no
// truth of its own. What is to be seen is decided by pure functions, Picture and
// Memory.Next; one file for each library knows how to draw it.
package tray

import "kith/control"

// View is what the panel shows.
type View struct {
	Icon    Icon
	Tooltip string // at most maxTooltip characters
	Menu    []Item
}

// Icon names a drawing. Icons are told apart by their shape.
type Icon string

// The icons; of those that apply, Picture chooses the first in this order.
const (
	IconError     Icon = "error"     // something cannot work
	IconAttention Icon = "attention" // something waits for this person
	IconPaused    Icon = "paused"
	IconSyncing1  Icon = "syncing-1" // two drawings, shown in turn while bytes move
	IconSyncing2  Icon = "syncing-2"
	IconAlone     Icon = "alone" // no paired device is here
	IconInStep    Icon = "in-step"
)

var icons = []Icon{IconError, IconAttention, IconPaused, IconSyncing1, IconSyncing2, IconAlone, IconInStep}

// Item is a line of a menu: one to read, one to choose, or one that opens a
// menu of its own. The zero Item is a line between groups.
type Item struct {
	Title string
	Do    Action // nil: nothing happens
	Mark  Mark
	Items []Item
}

// Mark says whether an item has a box to tick.
type Mark int

// The marks.
const (
	NoMark Mark = iota
	Unticked
	Ticked
)

// Action is what choosing an item does. Everything that changes anything is a
// command in the end.
type Action interface{ action() }

type (
	// Send sends a command.
	Send struct{ Command control.Command }
	// OpenDir shows a directory in the system's file manager.
	OpenDir struct{ Dir string }
	// Show shows a place on the page.
	Show struct{ Place Place }
	// ShareDir lets the person choose a directory, and shares it with a device,
	// or at first with nobody.
	ShareDir struct{ With string }
	// AcceptInto lets the person choose where an offered folder goes.
	AcceptInto struct{ Folder, Name string }
	// PauseUntilTomorrow pauses a folder, or all, until the next morning.
	PauseUntilTomorrow struct{ Folder string }
)

func (Send) action()               {}
func (OpenDir) action()            {}
func (Show) action()               {}
func (ShareDir) action()           {}
func (AcceptInto) action()         {}
func (PauseUntilTomorrow) action() {}

// Place is a place on the page.
type Place string

// The places.
const (
	Overview  Place = "/"
	Search    Place = "/search"
	Activity  Place = "/activity"
	Conflicts Place = "/conflicts"
	Devices   Place = "/devices"
	Sharing   Place = "/share"
	Check     Place = "/check"
	Settings  Place = "/settings"
)

func folderPlace(f control.Folder) Place    { return Place("/folder/" + f.ID.String()) }
func versionsPlace(f control.Folder) Place  { return Place("/versions/" + f.ID.String()) }
func conflictsPlace(f control.Folder) Place { return Place("/conflicts/" + f.ID.String()) }
func devicePlace(d control.Device) Place    { return Place("/device/" + d.ID.String()) }
func browsePlace(d control.Device) Place    { return Place("/search/" + d.ID.String()) }
func offerPlace(o control.Offer) Place      { return Place("/offer/" + o.ID.String()) }
