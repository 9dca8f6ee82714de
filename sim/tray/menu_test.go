//go:build linux

package tray

import (
	"fmt"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
)

// icon is an icon in the panel, with its menu.
type icon struct {
	*bus
	item    dbus.BusObject
	menu    dbus.BusObject
	changes chan *dbus.Signal
}

// entry is a line of a menu that can be seen.
type entry struct {
	id       int32
	label    string
	enabled  bool
	ticked   bool
	separate bool
	entries  []entry
}

func (b *bus) lookAt(i item) *icon {
	b.Helper()
	x := &icon{bus: b, item: b.conn.Object(i.owner, i.path), changes: make(chan *dbus.Signal, 1024)}
	where, err := x.item.GetProperty(itemName + ".Menu")
	if err != nil {
		b.Fatal(err)
	}
	x.menu = b.conn.Object(i.owner, where.Value().(dbus.ObjectPath))
	if err := b.conn.AddMatchSignal(dbus.WithMatchInterface(menuName)); err != nil {
		b.Fatal(err)
	}
	if err := b.conn.AddMatchSignal(dbus.WithMatchInterface(itemName)); err != nil {
		b.Fatal(err)
	}
	b.conn.Signal(x.changes)
	return x
}

// property returns a property of the icon.
func (x *icon) property(name string) any {
	x.Helper()
	v, err := x.item.GetProperty(itemName + "." + name)
	if err != nil {
		x.Fatal(err)
	}
	return v.Value()
}

// tooltip returns what is shown when the pointer rests on the icon.
func (x *icon) tooltip() string {
	x.Helper()
	parts, ok := x.property("ToolTip").([]any)
	if !ok || len(parts) != 4 {
		x.Fatalf("a tooltip of %v", parts)
	}
	text, _ := parts[2].(string)
	return text
}

// tells waits until that is shown when the pointer rests on the icon: it changes
// after the menu does.
func (x *icon) tells(text string) {
	x.Helper()
	for {
		shown := x.tooltip()
		if shown == text {
			return
		}
		select {
		case <-x.changes:
		case <-x.ctx.Done():
			x.Fatalf("the tooltip is %q, want %q", shown, text)
		}
	}
}

// read returns the menu as a panel shows it.
func (x *icon) read() []entry {
	x.Helper()
	var revision uint32
	var root layout
	if err := x.menu.Call(menuName+".GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root); err != nil {
		x.Fatal(err)
	}
	return x.visible(root)
}

// layout is the form of a menu on the bus.
type layout struct {
	ID       int32
	Props    map[string]dbus.Variant
	Children []dbus.Variant
}

func (x *icon) visible(l layout) []entry {
	x.Helper()
	var out []entry
	for _, c := range l.Children {
		var below layout
		if err := dbus.Store([]any{c.Value()}, &below); err != nil {
			x.Fatal(err)
		}
		if shown, ok := below.Props["visible"].Value().(bool); ok && !shown {
			continue
		}
		e := entry{id: below.ID, entries: x.visible(below), enabled: true}
		label, _ := below.Props["label"].Value().(string)
		e.label = strings.ReplaceAll(label, "__", "_")
		if enabled, ok := below.Props["enabled"].Value().(bool); ok {
			e.enabled = enabled
		}
		state, _ := below.Props["toggle-state"].Value().(int32)
		e.ticked = state == 1
		e.separate = below.Props["type"].Value() == "separator"
		out = append(out, e)
	}
	return out
}

// find returns the line to which labels lead; each is the beginning of one.
func find(menu []entry, labels ...string) (entry, bool) {
	i := slices.IndexFunc(menu, func(e entry) bool { return strings.HasPrefix(e.label, labels[0]) })
	if i < 0 {
		return entry{}, false
	}
	if len(labels) == 1 {
		return menu[i], true
	}
	return find(menu[i].entries, labels[1:]...)
}

// until waits until the menu is so, and returns it.
func (x *icon) until(what string, is func(menu []entry) bool) []entry {
	x.Helper()
	for {
		menu := x.read()
		if is(menu) {
			return menu
		}
		select {
		case <-x.changes:
		case <-x.ctx.Done():
			x.Fatalf("waited for the menu: %s\nit shows\n%s", what, text(menu, ""))
		}
	}
}

// await waits for a line and returns it.
func (x *icon) await(labels ...string) entry {
	x.Helper()
	var found entry
	x.until(strings.Join(labels, " ▸ "), func(menu []entry) (ok bool) {
		found, ok = find(menu, labels...)
		return ok
	})
	return found
}

// click waits for a line and chooses it.
func (x *icon) click(labels ...string) {
	x.Helper()
	e := x.await(labels...)
	if !e.enabled {
		x.Fatalf("%q cannot be chosen", e.label)
	}
	if err := x.menu.Call(menuName+".Event", 0, e.id, "clicked", dbus.MakeVariant(int32(0)), uint32(0)).Err; err != nil {
		x.Fatal(err)
	}
}

// text writes a menu down.
func text(menu []entry, indent string) string {
	var b strings.Builder
	for _, e := range menu {
		fmt.Fprintf(&b, "%s%s\n%s", indent, e.label, text(e.entries, indent+"    "))
	}
	return b.String()
}
