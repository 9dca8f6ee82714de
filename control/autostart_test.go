package control

import (
	"errors"
	"testing"
)

// fakeLogin is a system's place for what starts at login.
type fakeLogin struct {
	on     bool
	set    int // how often it was changed
	refuse error
}

func (f *fakeLogin) On() (bool, error) { return f.on, nil }

func (f *fakeLogin) Set(on bool) error {
	if f.refuse != nil {
		return f.refuse
	}
	f.on = on
	f.set++
	return nil
}

func TestOnlyAPersonSwitchesTheStartAtLogin(t *testing.T) {
	dir := t.TempDir()
	d := startDesk(t, keyOf(1), dir)
	if got := d.first().Login; got != (Login{}) {
		t.Errorf("a fresh install: %+v", got)
	}
	yes, no := true, false
	d.must(Command{Verb: Autostart, On: &yes})
	if got := d.Hub().Latest().Login; got != (Login{On: true, Asked: true}) || !d.entry.on {
		t.Errorf("switched on: %+v", got)
	}
	d.must(Command{Verb: Autostart, On: &no})
	d.entry.on = true // by the means of the system
	d.must(Command{Verb: Autostart})
	if got := d.Hub().Latest().Login; got != (Login{On: true, Asked: true}) {
		t.Errorf("switched on elsewhere: %+v", got)
	}
	d.must(Command{Verb: Autostart, On: &no})
	d.stop()

	again := startDesk(t, keyOf(1), dir) // as after an update
	if got := again.first().Login; got != (Login{Asked: true}) {
		t.Errorf("started again: %+v", got)
	}
	if again.entry.set != 0 {
		t.Error("it was changed without a person's word")
	}
}

func TestAStartAtLoginThatTheSystemForbidsIsToldOf(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	d.entry.refuse = errors.New("switched off in the settings of the system")
	yes := true
	_, err := d.Do(t.Context(), Command{Verb: Autostart, On: &yes})
	var f *Fault
	if !errors.As(err, &f) || f.Next == "" {
		t.Errorf("got %+v, want a fault with a next step", err)
	}
}

// first waits for the first picture.
func (d *desk) first() Picture {
	d.t.Helper()
	p, err := d.Hub().Next(d.t.Context(), 0)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}
