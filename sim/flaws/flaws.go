// Package flaws has bugs that look harmless, planted around the engine: in its
// trees, stores, wires and settings. A proving ground that does not find them proves
// nothing.
package flaws

import (
	"slices"

	"kith/index"
	"kith/peer/wire"
	"kith/sim"
	"kith/syncer"
	"kith/syncer/disk/disktest"
	"kith/syncer/plan"
)

// Flaw is a bug, and what is added to scenarios so that they meet it.
type Flaw struct {
	Name    string
	Plant   sim.Flaw
	Provoke sim.Provocation
}

// Named returns the flaw of a name, and whether there is one.
func Named(name string) (sim.Flaw, bool) {
	for _, f := range All {
		if f.Name == name {
			return f.Plant, true
		}
	}
	return sim.Flaw{}, false
}

// All are the flaws that there are.
var All = []Flaw{
	{"what is displaced is not looked at", onTree(func(_ string, t syncer.Tree) syncer.Tree { return blindPut{t} }), sim.Provocation{}},
	{"what is displaced is unlinked", onTree(func(_ string, t syncer.Tree) syncer.Tree { return noVersions{t} }), sim.Provocation{}},
	{"earlier versions are thinned after a week", onTree(func(_ string, t syncer.Tree) syncer.Tree { return weekly{t} }),
		sim.Provocation{Steps: []string{"- leap 10", "? crash 3", "? start"}}},
	{"a directory goes with all that is in it", onTree(func(_ string, t syncer.Tree) syncer.Tree { return ruthless{t} }), sim.Provocation{}},
	{"what cannot be looked at is gone", onTree(func(_ string, t syncer.Tree) syncer.Tree { return errorsAreAbsence{t} }), sim.Provocation{Steps: []string{"? eio", "? scan"}}},
	{"an unplugged disk is an empty one", onTree(func(_ string, t syncer.Tree) syncer.Tree { return alwaysThere{t} }),
		sim.Provocation{Steps: []string{"anna save b", "anna unplug", "ben save c.txt", "anna scan"}}},
	{"bytes that go wrong on the way to the disk are not noticed", onTree(func(_ string, t syncer.Tree) syncer.Tree { return badFill{t} }), sim.Provocation{}},
	{"a block that lies here is taken for what it was", onTree(func(_ string, t syncer.Tree) syncer.Tree { return badReuse{t} }), sim.Provocation{Steps: []string{"? samesize d/a", "? swap d/a b"}}},
	{"the time of the last change of an inode is not looked at", onTree(func(_ string, t syncer.Tree) syncer.Tree { return noCtime{t} }), sim.Provocation{Steps: []string{"? samesize a"}}},
	{"a loser is not set aside", onTree(func(_ string, t syncer.Tree) syncer.Tree { return noAside{t} }), sim.Provocation{}},
	{"a conflict copy has another name on each device", onTree(func(d string, t syncer.Tree) syncer.Tree { return ownAside{t, d} }), sim.Provocation{}},
	{"an edit of the last moment stays among the earlier versions", onTree(func(_ string, t syncer.Tree) syncer.Tree { return noRescue{t} }),
		sim.Provocation{Steps: []string{"? ambush 1 save", "? save a", "? save a"}}},
	{"permissions are not brought along", onStep(func(s *plan.Step) { s.Want.Mode = 0o644 &^ (s.Want.Mode & 0o111) }), sim.Provocation{}},
	{"times are not brought along", onStep(func(s *plan.Step) { s.Want.Modified /= 2 }), sim.Provocation{}},
	{"flushing does nothing", onTree(func(_ string, t syncer.Tree) syncer.Tree { return noFlush{t} }), sim.Provocation{Steps: []string{"? save a", "- settle", "- leap 1", "? save b", "? power 30"}}},
	{"what is put in place is not durable", sim.Flaw{Disk: func(o *disktest.Options) { o.Wet = true }}, sim.Provocation{Steps: []string{
		"ben cut anna", "ben save a", "anna save a", "ben heal anna", "ben power 3 since", "ben start",
		"ben cut anna", "ben save b", "anna save b", "ben heal anna", "ben power 3 since", "ben start",
	}}},
	{"a replacement cut short is not undone", sim.Flaw{Disk: func(o *disktest.Options) { o.Unfinished = true }}, sim.Provocation{Traits: []string{"noexchange"}, Steps: []string{"ben crash 3 gap", "anna save a", "anna save d/a"}}},
	{"a power cut is like any other end", sim.Flaw{Config: func(_ string, c *syncer.Config) { c.Boot = "always" }}, sim.Provocation{Steps: []string{"? save a", "? power 20"}}},
	{"an index that is made anew counts as before", sim.Flaw{Config: func(_ string, c *syncer.Config) { c.Random = func() uint32 { return 7 } }}, sim.Provocation{Steps: []string{"? lose-index", "? save a"}}},
	{"nobody tells a device how far it was heard", sim.Flaw{Send: func(_, _ string, m wire.Message) wire.Message {
		if s, ok := m.(*wire.Subscribe); ok {
			c := *s
			c.Heard = index.Cursor{}
			return &c
		}
		return m
	}}, sim.Provocation{Steps: []string{"? backup", "? save a", "? roll-index", "? save b"}}},
	{"nobody tells a device in which of its lives it was heard", sim.Flaw{Send: func(_, _ string, m wire.Message) wire.Message {
		if s, ok := m.(*wire.Subscribe); ok {
			c := *s
			c.Life = 0
			return &c
		}
		return m
	}}, sim.Provocation{Steps: []string{"anna backup", "anna save a", "anna save regrown", "- settle", "anna regrow"}}},
	{"part of an update is left out", onUpdate(func(u *wire.Update) { u.Files = u.Files[:len(u.Files)/2] }), sim.Provocation{}},
	{"times are lost on the wire", onUpdate(func(u *wire.Update) {
		for i := range u.Files {
			u.Files[i].Modified = 0
		}
	}), sim.Provocation{}},
	{"deletions are not told", onUpdate(func(u *wire.Update) {
		u.Files = slices.DeleteFunc(u.Files, func(f index.File) bool { return f.Kind == index.Deleted })
	}), sim.Provocation{}},
	{"deletions are told to nobody who begins anew", onStore(func(s syncer.Store) syncer.Store { return freshIsLive{s} }), sim.Provocation{Steps: []string{"? lose-index", "? delete a"}}},
	{"who begins anew is believed what it said before", onStore(func(s syncer.Store) syncer.Store { return neverFresh{s} }),
		sim.Provocation{Steps: []string{"ben full", "anna save b", "anna save d/a", "anna lose-index", "anna delete b", "anna delete d/a"}}},
	{"a record is written on top of whatever is there", onStore(func(s syncer.Store) syncer.Store { return noCompare{s} }), sim.Provocation{}},
	{"now and then a change is not written", onStore(func(s syncer.Store) syncer.Store { return &forgetful{Store: s} }), sim.Provocation{}},
	{"the last of what is heard is left out", onStore(func(s syncer.Store) syncer.Store { return halfDeaf{s} }), sim.Provocation{}},
	{"an identity is written for whatever is there", onStore(func(s syncer.Store) syncer.Store { return boldTouch{s} }), sim.Provocation{Steps: []string{"? touch a", "? samesize a"}}},
	{"nothing that is gone elsewhere goes here", onStore(func(s syncer.Store) syncer.Store { return hoarder{s} }), sim.Provocation{}},
	{"a change of ours does not count", onCommit(func(s syncer.Store, r *index.Record, had index.Record) {
		if had.Live() && r.Live() {
			r.Version = had.Version
		}
	}), sim.Provocation{}},
	{"versions are joined by the larger counts", onLearn(func(f *index.File, had index.Record) { f.Version = f.Version.Join(had.Version) }), sim.Provocation{}},
	{"in step is said too soon", sim.Flaw{Status: func(_ string, s *syncer.Status) {
		s.Phase = syncer.InStep
		for i := range s.Members {
			s.Members[i].InStep = s.Members[i].Connected
		}
	}}, sim.Provocation{Steps: []string{"? full", "? save a", "? readonly", "? save b", "- settle"}}},
	{"a disk blind to case is written to like any other", onTree(func(_ string, t syncer.Tree) syncer.Tree { return noFold{t} }), sim.Provocation{Odd: true, Traits: []string{"caseblind"}}},
	{"what goes goes by any spelling of its name", onTree(func(_ string, t syncer.Tree) syncer.Tree { return anySpelling{t} }),
		sim.Provocation{Odd: true, Traits: []string{"caseblind"}, Steps: []string{"anna save a", "- settle", "anna move a A"}}},
	{"a directory that is made again is not watched", onTree(func(_ string, t syncer.Tree) syncer.Tree { return lastWatch{t} }),
		sim.Provocation{Steps: []string{"? save d/a", "- settle", "? delete d", "? save d/b", "- settle", "? save d/a"}}},
	{"what does not fit is cut short, and put in place", onTree(func(_ string, t syncer.Tree) syncer.Tree { return shortFill{t} }),
		sim.Provocation{Steps: []string{"ben full", "anna big a"}}},
	{"a look at everything goes by sizes", onTree(func(_ string, t syncer.Tree) syncer.Tree { return sizesOnly{t, map[index.Path]index.Entry{}} }),
		sim.Provocation{Steps: []string{"? deaf", "? save a", "? save b"}}},
	{"a deletion does not know what it deletes", onCommit(func(_ syncer.Store, r *index.Record, had index.Record) {
		if had.Live() && r.Kind == index.Deleted {
			r.Version = index.Version{}.Bump(index.Actor{Device: r.By, Epoch: 1})
		}
	}), sim.Provocation{}},
	{"what a person takes back is taken back until the program ends", onStore(func(s syncer.Store) syncer.Store { return shortMemory{s} }),
		sim.Provocation{Steps: []string{"anna flock 56", "- settle", "anna flock-gone 56", "- wait 6", "anna undo", "anna crash 30 gap", "anna start"}}},
	{"who takes back a deletion tells nobody", onCommit(func(_ syncer.Store, r *index.Record, had index.Record) {
		if had.Live() && r.Live() && r.SameContent(had.File) {
			r.Version = had.Version
		}
	}), sim.Provocation{Steps: []string{"anna flock 56", "- settle", "anna flock-gone 56", "- wait 6", "anna approve", "- wait 6", "ben undo"}}},
	{"the later time wins", onLearn(func(f *index.File, had index.Record) {
		if had.Live() && f.Modified < had.Modified {
			*f = had.File
		}
	}), sim.Provocation{}},
}

func onTree(fn func(device string, t syncer.Tree) syncer.Tree) sim.Flaw { return sim.Flaw{Tree: fn} }

func onStore(fn func(s syncer.Store) syncer.Store) sim.Flaw {
	return sim.Flaw{Store: func(_ string, s syncer.Store) syncer.Store { return fn(s) }}
}

func onUpdate(fn func(u *wire.Update)) sim.Flaw {
	return sim.Flaw{Send: func(_, _ string, m wire.Message) wire.Message {
		if u, ok := m.(*wire.Update); ok {
			c := *u
			c.Files = slices.Clone(u.Files)
			fn(&c)
			return &c
		}
		return m
	}}
}
