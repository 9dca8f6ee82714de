package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"testing"
	"time"

	"kith/index"
	"kith/peer/wire"
	"kith/sim/results"
	"kith/syncer"
	"kith/syncer/disk/disktest"
	"kith/syncer/plan"
)

// flaws are bugs that look harmless, planted around the engine. A proving ground
// that does not find them proves nothing.
var flaws = []struct {
	name    string
	flaw    Flaw
	provoke Provocation
}{
	{"what is displaced is not looked at", onTree(func(_ string, t syncer.Tree) syncer.Tree { return blindPut{t} }), Provocation{}},
	{"what is displaced is unlinked", onTree(func(_ string, t syncer.Tree) syncer.Tree { return noVersions{t} }), Provocation{}},
	{"earlier versions are thinned after a week", onTree(func(_ string, t syncer.Tree) syncer.Tree { return weekly{t} }),
		Provocation{Steps: []string{"- leap 10", "? crash 3", "? start"}}},
	{"a directory goes with all that is in it", onTree(func(_ string, t syncer.Tree) syncer.Tree { return ruthless{t} }), Provocation{}},
	{"what cannot be looked at is gone", onTree(func(_ string, t syncer.Tree) syncer.Tree { return errorsAreAbsence{t} }), Provocation{Steps: []string{"? eio", "? scan"}}},
	{"an unplugged disk is an empty one", onTree(func(_ string, t syncer.Tree) syncer.Tree { return alwaysThere{t} }),
		Provocation{Steps: []string{"anna save b", "anna unplug", "ben save c.txt", "anna scan"}}},
	{"bytes that go wrong on the way to the disk are not noticed", onTree(func(_ string, t syncer.Tree) syncer.Tree { return badFill{t} }), Provocation{}},
	{"a block that lies here is taken for what it was", onTree(func(_ string, t syncer.Tree) syncer.Tree { return badReuse{t} }), Provocation{Steps: []string{"? samesize d/a", "? swap d/a b"}}},
	{"the time of the last change of an inode is not looked at", onTree(func(_ string, t syncer.Tree) syncer.Tree { return noCtime{t} }), Provocation{Steps: []string{"? samesize a"}}},
	{"a loser is not set aside", onTree(func(_ string, t syncer.Tree) syncer.Tree { return noAside{t} }), Provocation{}},
	{"a conflict copy has another name on each device", onTree(func(d string, t syncer.Tree) syncer.Tree { return ownAside{t, d} }), Provocation{}},
	{"an edit of the last moment stays among the earlier versions", onTree(func(_ string, t syncer.Tree) syncer.Tree { return noRescue{t} }),
		Provocation{Steps: []string{"? ambush 1 save", "? save a", "? save a"}}},
	{"permissions are not brought along", onStep(func(s *plan.Step) { s.Want.Mode = 0o644 &^ (s.Want.Mode & 0o111) }), Provocation{}},
	{"times are not brought along", onStep(func(s *plan.Step) { s.Want.Modified /= 2 }), Provocation{}},
	{"flushing does nothing", onTree(func(_ string, t syncer.Tree) syncer.Tree { return noFlush{t} }), Provocation{Steps: []string{"? save a", "- settle", "- leap 1", "? save b", "? power 30"}}},
	{"what is put in place is not durable", Flaw{Disk: func(o *disktest.Options) { o.Wet = true }}, Provocation{Steps: []string{"anna save a", "ben start", "anna longer a", "ben power 40"}}},
	{"a replacement cut short is not undone", Flaw{Disk: func(o *disktest.Options) { o.Unfinished = true }}, Provocation{Traits: []string{"noexchange"}, Steps: []string{"ben crash 3 gap", "anna save a", "anna save d/a"}}},
	{"a power cut is like any other end", Flaw{Config: func(_ string, c *syncer.Config) { c.Boot = "always" }}, Provocation{Steps: []string{"? save a", "? power 20"}}},
	{"an index that is made anew counts as before", Flaw{Config: func(_ string, c *syncer.Config) { c.Random = func() uint32 { return 7 } }}, Provocation{Steps: []string{"? lose-index", "? save a"}}},
	{"nobody tells a device how far it was heard", Flaw{Send: func(_, _ string, m wire.Message) wire.Message {
		if s, ok := m.(*wire.Subscribe); ok {
			c := *s
			c.Heard = index.Cursor{}
			return &c
		}
		return m
	}}, Provocation{Steps: []string{"? backup", "? save a", "? roll-index", "? save b"}}},
	{"nobody tells a device in which of its lives it was heard", Flaw{Send: func(_, _ string, m wire.Message) wire.Message {
		if s, ok := m.(*wire.Subscribe); ok {
			c := *s
			c.Life = 0
			return &c
		}
		return m
	}}, Provocation{Steps: []string{"anna backup", "anna save a", "anna save regrown", "- settle", "anna regrow"}}},
	{"part of an update is left out", onUpdate(func(u *wire.Update) { u.Files = u.Files[:len(u.Files)/2] }), Provocation{}},
	{"times are lost on the wire", onUpdate(func(u *wire.Update) {
		for i := range u.Files {
			u.Files[i].Modified = 0
		}
	}), Provocation{}},
	{"deletions are not told", onUpdate(func(u *wire.Update) {
		u.Files = slices.DeleteFunc(u.Files, func(f index.File) bool { return f.Kind == index.Deleted })
	}), Provocation{}},
	{"deletions are told to nobody who begins anew", onStore(func(s syncer.Store) syncer.Store { return freshIsLive{s} }), Provocation{Steps: []string{"? lose-index", "? delete a"}}},
	{"who begins anew is believed what it said before", onStore(func(s syncer.Store) syncer.Store { return neverFresh{s} }),
		Provocation{Steps: []string{"ben full", "anna save b", "anna save d/a", "anna lose-index", "anna delete b", "anna delete d/a"}}},
	{"a record is written on top of whatever is there", onStore(func(s syncer.Store) syncer.Store { return noCompare{s} }), Provocation{}},
	{"now and then a change is not written", onStore(func(s syncer.Store) syncer.Store { return &forgetful{Store: s} }), Provocation{}},
	{"the last of what is heard is left out", onStore(func(s syncer.Store) syncer.Store { return halfDeaf{s} }), Provocation{}},
	{"an identity is written for whatever is there", onStore(func(s syncer.Store) syncer.Store { return boldTouch{s} }), Provocation{Steps: []string{"? touch a", "? samesize a"}}},
	{"nothing that is gone elsewhere goes here", onStore(func(s syncer.Store) syncer.Store { return hoarder{s} }), Provocation{}},
	{"a change of ours does not count", onCommit(func(s syncer.Store, r *index.Record, had index.Record) {
		if had.Live() && r.Live() {
			r.Version = had.Version
		}
	}), Provocation{}},
	{"versions are joined by the larger counts", onLearn(func(f *index.File, had index.Record) { f.Version = f.Version.Join(had.Version) }), Provocation{}},
	{"in step is said too soon", Flaw{Status: func(_ string, s *syncer.Status) {
		s.Phase = syncer.InStep
		for i := range s.Members {
			s.Members[i].InStep = s.Members[i].Connected
		}
	}}, Provocation{Steps: []string{"? full", "? save a", "? readonly", "? save b", "- settle"}}},
	{"a disk blind to case is written to like any other", onTree(func(_ string, t syncer.Tree) syncer.Tree { return noFold{t} }), Provocation{Odd: true, Traits: []string{"caseblind"}}},
}

func onTree(fn func(device string, t syncer.Tree) syncer.Tree) Flaw { return Flaw{Tree: fn} }

func onStore(fn func(s syncer.Store) syncer.Store) Flaw {
	return Flaw{Store: func(_ string, s syncer.Store) syncer.Store { return fn(s) }}
}

func onUpdate(fn func(u *wire.Update)) Flaw {
	return Flaw{Send: func(_, _ string, m wire.Message) wire.Message {
		if u, ok := m.(*wire.Update); ok {
			c := *u
			c.Files = slices.Clone(u.Files)
			fn(&c)
			return &c
		}
		return m
	}}
}

// TestFlaws shows that the scenarios of an ordinary test run find every flaw, and
// that it is the flaw that they find.
func TestFlaws(t *testing.T) {
	const budget = 400
	found, most := 0, uint64(0)
	for _, f := range flaws {
		t.Run(f.name, func(t *testing.T) {
			for seed := uint64(1); seed <= budget; seed++ {
				sc := Provoke(seed, f.provoke)
				r := Run(t, sc, Options{Flaw: f.flaw})
				if len(r.Broken) > 0 && len(Run(t, sc, Options{}).Broken) == 0 {
					t.Logf("found by seed %d: %s", seed, r.Broken[0])
					found, most = found+1, max(most, seed)
					return
				}
			}
			t.Errorf("not found by %d scenarios", budget)
		})
	}
	if err := results.Report("planted-sim", map[string]any{"planted": len(flaws), "found": found, "most scenarios": most}); err != nil {
		t.Error(err)
	}
}

// The trees.

type blindPut struct{ syncer.Tree }

func (t blindPut) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for i, s := range steps {
		if e, err := t.Stat(s.Want.Path); err == nil && s.Have.Kind == e.Kind {
			steps[i].Have.Identity = e.Identity
		}
	}
	return t.Tree.Put(ctx, steps)
}

type noVersions struct{ syncer.Tree }

func (t noVersions) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	defer t.Thin(ctx, math.MaxInt64) //nolint:errcheck // a flaw
	return t.Tree.Put(ctx, steps)
}

type weekly struct{ syncer.Tree }

func (t weekly) Thin(ctx context.Context, now int64) error {
	return t.Tree.Thin(ctx, now+int64(23*24*time.Hour))
}

type ruthless struct{ syncer.Tree }

func (t ruthless) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for _, s := range steps {
		if s.Have.Kind == index.Directory && s.Want.Kind == index.Deleted {
			t.Tree.(*disktest.Memory).Remove(s.Want.Path.String()) //nolint:errcheck // a flaw
		}
	}
	out := t.Tree.Put(ctx, steps)
	for i, s := range steps {
		if s.Want.Kind == index.Deleted && errors.Is(out[i].Err, plan.ErrChanged) {
			out[i].Err = nil
		}
	}
	return out
}

type errorsAreAbsence struct{ syncer.Tree }

func (t errorsAreAbsence) Walk(ctx context.Context, under index.Path, skip func(index.Path, bool) bool, fn func(index.Entry) error) error {
	return t.Tree.Walk(ctx, under, skip, func(e index.Entry) error {
		if e.Err != nil {
			return nil
		}
		return fn(e)
	})
}

func (t errorsAreAbsence) Stat(p index.Path) (index.Entry, error) {
	e, err := t.Tree.Stat(p)
	if err != nil {
		err = fs.ErrNotExist
	}
	return e, err
}

type alwaysThere struct{ syncer.Tree }

func (t alwaysThere) Check() error { return nil }
func (t alwaysThere) Walk(ctx context.Context, under index.Path, skip func(index.Path, bool) bool, fn func(index.Entry) error) error {
	t.Tree.Walk(ctx, under, skip, fn) //nolint:errcheck // a flaw
	return nil
}
func (t alwaysThere) Stat(p index.Path) (index.Entry, error) {
	e, err := t.Tree.Stat(p)
	if err != nil {
		err = fs.ErrNotExist
	}
	return e, err
}

type badFill struct{ syncer.Tree }

func (t badFill) Fill(want index.File, off int64, data []byte) error {
	data = slices.Clone(data)
	data[len(data)-1] ^= 1
	return t.Tree.Fill(want, off, data)
}

type badReuse struct{ syncer.Tree }

func (t badReuse) Reuse(want index.File, off int64, from index.Record, at int64, b index.Block) error {
	c, err := t.Open(from.Path, index.Identity{})
	if err != nil {
		return err
	}
	data := make([]byte, b.Size)
	if _, err := c.ReadAt(data, at); err != nil && err != io.EOF {
		return err
	}
	return t.Fill(want, off, data)
}

// noCtime hides when inodes were changed, and translates what it is asked.
type noCtime struct{ syncer.Tree }

func (t noCtime) real(p index.Path, id index.Identity) index.Identity {
	e, err := t.Tree.Stat(p)
	if now := e.Identity; err == nil {
		if now.Changed = 0; now == id {
			return e.Identity
		}
	}
	return id
}

func (t noCtime) Walk(ctx context.Context, under index.Path, skip func(index.Path, bool) bool, fn func(index.Entry) error) error {
	return t.Tree.Walk(ctx, under, skip, func(e index.Entry) error {
		e.Identity.Changed = 0
		return fn(e)
	})
}

func (t noCtime) Stat(p index.Path) (index.Entry, error) {
	e, err := t.Tree.Stat(p)
	e.Identity.Changed = 0
	return e, err
}

func (t noCtime) Open(p index.Path, id index.Identity) (interface {
	io.ReaderAt
	io.Closer
	Same() bool
	NextData(off int64) int64
}, error) {
	if id != (index.Identity{}) {
		id = t.real(p, id)
	}
	return t.Tree.Open(p, id)
}

func (t noCtime) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for i, s := range steps {
		if s.Have.Live() {
			steps[i].Have.Identity = t.real(s.Want.Path, s.Have.Identity)
		}
		if s.From.Live() {
			steps[i].From.Identity = t.real(s.From.Path, s.From.Identity)
		}
	}
	out := t.Tree.Put(ctx, steps)
	for i := range out {
		out[i].Now.Changed, out[i].AsideNow.Changed = 0, 0
	}
	return out
}

type noAside struct{ syncer.Tree }

func (t noAside) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for i := range steps {
		steps[i].Aside = index.Path{}
	}
	return t.Tree.Put(ctx, steps)
}

type ownAside struct {
	syncer.Tree
	device string
}

func (t ownAside) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for i, s := range steps {
		if !s.Aside.IsRoot() {
			steps[i].Aside = index.MustPath(s.Aside.String() + " by " + t.device)
		}
	}
	return t.Tree.Put(ctx, steps)
}

type noRescue struct{ syncer.Tree }

func (t noRescue) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	out := t.Tree.Put(ctx, steps)
	for i := range out {
		if !out[i].Rescued.IsRoot() {
			t.Tree.(*disktest.Memory).Remove(out[i].Rescued.String()) //nolint:errcheck // a flaw
			out[i].Rescued = index.Path{}
		}
	}
	return out
}

type noFlush struct{ syncer.Tree }

func (t noFlush) Flush(context.Context) error { return nil }

type noFold struct{ syncer.Tree }

func (t noFold) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for _, s := range steps {
		if _, err := t.Stat(s.Want.Path); s.Want.Live() && err != nil {
			t.Tree.(*disktest.Memory).Remove(s.Want.Path.String()) //nolint:errcheck // a flaw: by whatever spelling
		}
	}
	return t.Tree.Put(ctx, steps)
}

// onStep changes the steps that a tree is given.
func onStep(fn func(s *plan.Step)) Flaw {
	return onTree(func(_ string, t syncer.Tree) syncer.Tree { return otherSteps{t, fn} })
}

type otherSteps struct {
	syncer.Tree
	fn func(s *plan.Step)
}

func (t otherSteps) Put(ctx context.Context, steps []plan.Step) []plan.Outcome {
	for i := range steps {
		if steps[i].Want.Kind == index.Regular {
			t.fn(&steps[i])
		}
	}
	return t.Tree.Put(ctx, steps)
}

// The stores.

type freshIsLive struct{ syncer.Store }

func (s freshIsLive) Learn(ctx context.Context, id index.FolderID, d index.DeviceID, files []index.File, heard index.Cursor, fresh, sends bool) error {
	if fresh {
		files = slices.DeleteFunc(slices.Clone(files), func(f index.File) bool { return f.Kind == index.Deleted })
	}
	return s.Store.Learn(ctx, id, d, files, heard, fresh, sends)
}

type neverFresh struct{ syncer.Store }

func (s neverFresh) Learn(ctx context.Context, id index.FolderID, d index.DeviceID, files []index.File, heard index.Cursor, _, sends bool) error {
	return s.Store.Learn(ctx, id, d, files, heard, false, sends)
}

type noCompare struct{ syncer.Store }

func (s noCompare) Commit(ctx context.Context, id index.FolderID, records []index.Record) (index.Seq, []int, error) {
	records = slices.Clone(records)
	for i := range records {
		now, err := s.Get(ctx, id, []index.Path{records[i].Path}, false)
		if err != nil {
			return 0, nil, err
		}
		records[i].Seq = now[0].Seq
	}
	return s.Store.Commit(ctx, id, records)
}

type forgetful struct {
	syncer.Store
	n int
}

func (s *forgetful) Commit(ctx context.Context, id index.FolderID, records []index.Record) (index.Seq, []int, error) {
	if s.n++; s.n%7 == 0 {
		records = records[:len(records)/2]
	}
	return s.Store.Commit(ctx, id, records)
}

type halfDeaf struct{ syncer.Store }

func (s halfDeaf) Learn(ctx context.Context, id index.FolderID, d index.DeviceID, files []index.File, heard index.Cursor, fresh, sends bool) error {
	if len(files) > 1 {
		files = files[:len(files)-1]
	}
	return s.Store.Learn(ctx, id, d, files, heard, fresh, sends)
}

type boldTouch struct{ syncer.Store }

func (s boldTouch) Get(ctx context.Context, id index.FolderID, paths []index.Path, blocks bool) ([]index.Record, error) {
	recs, err := s.Store.Get(ctx, id, paths, blocks)
	for i := range recs {
		recs[i].Identity.Changed, recs[i].Identity.Modified = 0, 0
	}
	return recs, err
}

type hoarder struct{ syncer.Store }

func (s hoarder) Needs(ctx context.Context, id index.FolderID, after index.Path, limit int, gone bool) ([]index.Case, error) {
	if gone {
		return nil, nil
	}
	return s.Store.Needs(ctx, id, after, limit, gone)
}

// onCommit changes the records that are written, knowing what is there.
func onCommit(fn func(s syncer.Store, r *index.Record, had index.Record)) Flaw {
	return onStore(func(s syncer.Store) syncer.Store { return otherRecords{s, fn} })
}

type otherRecords struct {
	syncer.Store
	fn func(s syncer.Store, r *index.Record, had index.Record)
}

func (s otherRecords) Commit(ctx context.Context, id index.FolderID, records []index.Record) (index.Seq, []int, error) {
	records = slices.Clone(records)
	for i := range records {
		had, err := s.Get(ctx, id, []index.Path{records[i].Path}, false)
		if err != nil {
			return 0, nil, err
		}
		s.fn(s.Store, &records[i], had[0])
	}
	return s.Store.Commit(ctx, id, records)
}

// onLearn changes what is heard, knowing what is here.
func onLearn(fn func(f *index.File, had index.Record)) Flaw {
	return onStore(func(s syncer.Store) syncer.Store { return otherNews{s, fn} })
}

type otherNews struct {
	syncer.Store
	fn func(f *index.File, had index.Record)
}

func (s otherNews) Learn(ctx context.Context, id index.FolderID, d index.DeviceID, files []index.File, heard index.Cursor, fresh, sends bool) error {
	files = slices.Clone(files)
	for i := range files {
		had, err := s.Get(ctx, id, []index.Path{files[i].Path}, false)
		if err != nil {
			return fmt.Errorf("learn: %w", err)
		}
		s.fn(&files[i], had[0])
	}
	return s.Store.Learn(ctx, id, d, files, heard, fresh, sends)
}
