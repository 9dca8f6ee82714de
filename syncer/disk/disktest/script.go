package disktest

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

func walkOrder(b *bench) {
	b.mkdir("a/sub")
	for _, f := range []string{"a/b", "a/sub/x", "a-b", "a.b", "b", "aa"} {
		b.save(f, f)
	}
	b.equal(b.walk(""), "a a/b a/sub a/sub/x a-b a.b aa b")
}

func walkSkip(b *bench) {
	b.mkdir("out/deep")
	b.save("out/deep/x", "x")
	b.save("in", "x")
	b.equal(b.walk("", "out"), "in")
}

func walkUnder(b *bench) {
	b.mkdir("d/e")
	b.save("d/e/f", "x")
	b.save("d-", "x")
	b.equal(b.walk("d"), "d d/e d/e/f")
	b.equal(b.walk("d/e/f"), "d/e/f")
	b.equal(b.walk("d/nothing"), "")
	b.equal(b.walk("d-/below"), "")
}

func look(b *bench) {
	b.save("f", "12345")
	b.must(b.p.Touch("f", modified))
	e, err := b.Stat(index.MustPath("f"))
	b.must(err)
	if e.Kind != index.Regular || e.Size != 5 || e.Modified != modified || e.Identity.Size != 5 || e.Identity.Modified != modified {
		b.Errorf("got %+v", e)
	}
	b.mkdir("d")
	if e, err := b.Stat(index.MustPath("d")); err != nil || e.Kind != index.Directory || e.Size != 0 || e.Modified != 0 {
		b.Errorf("got %+v, %v", e, err)
	}
	b.absent("nothing")
	b.absent("f/below")
}

func telling(b *bench) {
	for range 3 {
		b.save("before", "x")
		now, err := b.Now()
		b.must(err)
		b.save("after", "x")
		before, after := b.have("before").Identity, b.have("after").Identity
		if before.Modified > now || now > max(after.Modified, after.Changed) {
			b.Errorf("between %d and %d the disk says %d", before.Modified, after.Modified, now)
		}
	}
}

func opening(b *bench) {
	b.save("f", "one")
	id := b.have("f").Identity
	r, err := b.Open(index.MustPath("f"), id)
	b.must(err)
	defer r.Close()
	got := make([]byte, 3)
	if _, err := r.ReadAt(got, 0); err != nil && err != io.EOF || string(got) != "one" || !r.Same() {
		b.Errorf("read %q, %v, same %v", got, err, r.Same())
	}
	b.save("g", "another")
	b.must(b.p.Rename("g", "f"))
	if r.Same() {
		b.Error("another file has the name, and it is said to be the same")
	}
	if r, err := b.Open(index.MustPath("f"), id); !errors.Is(err, plan.ErrChanged) {
		b.Errorf("opened %v, %v", r, err)
	}
}

func drafts(b *bench) {
	f := file("f", "0123456789")
	b.refused(plan.Step{Want: f}, plan.ErrIncomplete)
	b.must(b.Fill(f, 5, []byte("56789")))
	b.refused(plan.Step{Want: f}, plan.ErrIncomplete)
	b.absent("f")
	b.must(b.Fill(f, 0, []byte("01234")))
	b.done(plan.Step{Want: f})
	b.shows("f", "0123456789")
	b.done(plan.Step{Want: file("empty", "")})
	b.shows("empty", "")
	if b.Fill(f, 8, []byte("over the end")) == nil {
		b.Error("filled beyond the end")
	}
}

func draftFound(b *bench) {
	f := file("f", "onetwo")
	f.Blocks = []index.Block{{Hash: index.Sum([]byte("one")), Size: 3}, {Hash: index.Sum([]byte("two")), Size: 3}}
	f.Root = index.RootOf(f.Blocks)
	filled := func() []bool {
		got, err := b.Filled(context.Background(), f)
		b.must(err)
		return got
	}
	if got := filled(); !slices.Equal(got, []bool{false, false}) {
		b.Errorf("of nothing, %v is filled", got)
	}
	b.must(b.Fill(f, 3, []byte("two")))
	if got := filled(); !slices.Equal(got, []bool{false, true}) {
		b.Errorf("of the second half, %v is filled", got)
	}
	b.must(b.Discard(f))
	if got := filled(); !slices.Equal(got, []bool{false, false}) {
		b.Errorf("after discarding, %v is filled", got)
	}
}

func reuse(b *bench) {
	text := strings.Repeat("abcdefgh", 2048)
	b.save("old", "12"+text)
	want := file("new", text)
	b.must(b.Reuse(want, 0, b.have("old"), 2, want.Blocks[0]))
	b.done(plan.Step{Want: want})
	b.shows("new", text)
	other := file("other", text)
	if b.Reuse(other, 0, b.have("old"), 1, other.Blocks[0]) == nil {
		b.Error("wrong bytes were taken")
	}
	b.refused(plan.Step{Want: other}, plan.ErrIncomplete)
}

func replacing(b *bench) {
	b.save("f", "old")
	b.done(plan.Step{Have: b.have("f"), Want: b.filled("f", "new")})
	b.shows("f", "new")
	b.keeps("f", "old")
	b.equal(b.walk(""), "f")
}

func changedMeanwhile(b *bench) {
	b.save("f", "old")
	have := b.have("f")
	b.save("f", "newest")
	b.refused(plan.Step{Have: have, Want: b.filled("f", "new")}, plan.ErrChanged)
	b.refused(plan.Step{Have: have, Want: deleted("f")}, plan.ErrChanged)
	b.refused(plan.Step{Want: b.filled("f", "new")}, plan.ErrChanged)
	b.must(b.p.Remove("f"))
	b.refused(plan.Step{Have: have, Want: b.filled("f", "new")}, plan.ErrChanged)
	b.refused(plan.Step{Have: have, Want: deleted("f")}, plan.ErrChanged)
	b.absent("f")
}

func deleting(b *bench) {
	b.mkdir("d")
	b.save("d/f", "old")
	have := b.have("d/f")
	b.done(plan.Step{Have: have, Want: deleted("d/f")})
	b.absent("d/f")
	b.keeps("d/f", "old")
	if kept := b.versions("d"); len(kept) != 1 || kept[0].Path.String() != "d/f" {
		b.Errorf("below d: %+v", kept)
	}
	if kept := b.versions(""); len(kept) != 1 || kept[0].Size != 3 || kept[0].Kind != index.Regular || kept[0].Inode != have.Identity.Inode {
		b.Errorf("in all: %+v", kept)
	}
}

func lettingGo(b *bench) {
	b.mkdir("d")
	b.save("d/f", "old")
	away := func(path string) index.File { return index.File{Path: index.MustPath(path), Kind: index.Elsewhere} }
	f, d := b.have("d/f"), b.have("d")
	b.refused(plan.Step{Have: d, Want: away("d")}, plan.ErrNotEmpty)
	b.save("d/f", "newer")
	b.refused(plan.Step{Have: f, Want: away("d/f")}, plan.ErrChanged)
	b.shows("d/f", "newer")
	b.done(plan.Step{Have: b.have("d/f"), Want: away("d/f")})
	b.absent("d/f")
	b.done(plan.Step{Have: d, Want: away("d")})
	b.absent("d")
	if kept := b.versions(""); len(kept) != 0 {
		b.Errorf("kept after all: %+v", kept)
	}
}

func directories(b *bench) {
	out := b.Put(context.Background(), []plan.Step{
		{Want: directory("d")}, {Want: directory("d/e")}, {Want: b.filled("d/e/f", "x")},
	})
	for _, o := range out {
		b.must(o.Err)
	}
	b.shows("d/e/f", "x")
	d, e := b.have("d"), b.have("d/e")
	b.refused(plan.Step{Have: e, Want: deleted("d/e")}, plan.ErrNotEmpty)
	out = b.Put(context.Background(), []plan.Step{
		{Have: b.have("d/e/f"), Want: deleted("d/e/f")}, {Have: e, Want: deleted("d/e")}, {Have: d, Want: deleted("d")},
	})
	for _, o := range out {
		b.must(o.Err)
	}
	b.absent("d")
}

func parentMissing(b *bench) {
	b.refused(plan.Step{Want: b.filled("no/f", "x")}, plan.ErrParent)
	b.save("file", "x")
	b.refused(plan.Step{Want: b.filled("file/f", "x")}, plan.ErrParent)
	b.must(b.p.Symlink(".", "link"))
	b.refused(plan.Step{Want: b.filled("link/f", "x")}, plan.ErrParent)
	b.absent("f")
}

func kinds(b *bench) {
	b.save("x", "old")
	b.done(plan.Step{Have: b.have("x"), Want: directory("x")})
	b.keeps("x", "old")
	b.save("x/child", "c")
	b.refused(plan.Step{Have: b.have("x"), Want: b.filled("x", "file")}, plan.ErrNotEmpty)
	b.must(b.p.Remove("x/child"))
	b.done(plan.Step{Have: b.have("x"), Want: b.filled("x", "file")})
	b.shows("x", "file")
	b.done(plan.Step{Have: b.have("x"), Want: index.File{Path: index.MustPath("x"), Kind: index.Symlink, Target: "y", Modified: modified}})
	b.keeps("x", "file")
}

func moving(b *bench) {
	b.mkdir("d")
	b.save("f", "text")
	from := b.have("f")
	want := from.File
	want.Path, want.Modified = index.MustPath("d/g"), modified
	out := b.done(plan.Step{From: from, Want: want})
	b.shows("d/g", "text")
	b.absent("f")
	if out.Now.Inode != from.Identity.Inode || out.Now.Modified != modified {
		b.Errorf("moved %+v to %+v", from.Identity, out.Now)
	}
	b.save("onto", "old")
	from, want = b.have("d/g"), b.have("d/g").File
	want.Path = index.MustPath("onto")
	b.done(plan.Step{From: from, Have: b.have("onto"), Want: want})
	b.shows("onto", "text")
	b.keeps("onto", "old")
	b.refused(plan.Step{From: from, Want: file("elsewhere", "text")}, plan.ErrChanged)
}

func aside(b *bench) {
	b.save("f.txt", "ours")
	have := b.have("f.txt")
	copied := index.MustPath("f (conflict, x, 2020-01-01 10.00).txt")
	out := b.done(plan.Step{Have: have, Want: b.filled("f.txt", "theirs"), Aside: copied})
	b.shows("f.txt", "theirs")
	b.shows(copied.String(), "ours")
	if e, err := b.Stat(copied); err != nil || e.Identity != out.AsideNow || e.Identity.Inode != have.Identity.Inode {
		b.Errorf("aside lies %+v (%v), the outcome says %+v", e, err, out.AsideNow)
	}
	if kept := b.versions(""); len(kept) != 0 {
		b.Errorf("earlier versions %+v", kept)
	}
	b.refused(plan.Step{Have: b.have("f.txt"), Want: b.filled("f.txt", "more"), Aside: copied}, plan.ErrChanged)
	b.shows("f.txt", "theirs")
	b.shows(copied.String(), "ours")
}

func retouching(b *bench) {
	b.save("f", "text")
	have := b.have("f")
	want := have.File
	want.Modified, want.Mode = modified, 0o600
	out := b.done(plan.Step{Have: have, Want: want})
	if out.Now.Inode != have.Identity.Inode || out.Now.Modified != modified {
		b.Errorf("%+v became %+v", have.Identity, out.Now)
	}
	if len(b.versions("f")) != 0 {
		b.Error("a new time made an earlier version")
	}
	b.mkdir("d")
	d := b.have("d")
	narrow := d.File
	narrow.Mode = 0o700
	b.done(plan.Step{Have: d, Want: narrow})
	b.must(b.p.Chmod("f", 0o644))
	b.refused(plan.Step{Have: have, Want: want}, plan.ErrChanged)
}

func links(b *bench) {
	want := index.File{Path: index.MustPath("l"), Kind: index.Symlink, Target: "../out/of/here", Modified: modified}
	b.done(plan.Step{Want: want})
	have := b.have("l")
	if have.Target != want.Target {
		b.Errorf("points to %q", have.Target)
	}
	want.Target = "elsewhere"
	b.done(plan.Step{Have: have, Want: want})
	if got := b.have("l").Target; got != "elsewhere" {
		b.Errorf("points to %q", got)
	}
	b.done(plan.Step{Have: b.have("l"), Want: deleted("l")})
	b.absent("l")
	if kept := b.versions("l"); len(kept) != 2 || kept[0].Kind != index.Symlink {
		b.Errorf("kept %+v", kept)
	}
}

func restoring(b *bench) {
	b.mkdir("d")
	b.save("d/f", "first")
	b.done(plan.Step{Have: b.have("d/f"), Want: b.filled("d/f", "second")})
	first := b.versions("d/f")[0]
	b.must(b.Restore(first, index.Path{}))
	b.shows("d/f", "first")
	b.keeps("d/f", "second")
	b.must(b.Restore(first, index.MustPath("new/place")))
	b.shows("new/place", "first")
	first.ID = "no such version"
	if b.Restore(first, index.Path{}) == nil {
		b.Error("restored what never was")
	}
}

func watching(b *bench) {
	b.mkdir("d")
	ctx, cancel := context.WithCancel(b.Context())
	hints, ended := make(chan index.Path, 64), make(chan error, 1)
	go func() {
		ended <- b.Watch(ctx, nil, nil, func(paths []index.Path, everything bool) {
			for _, p := range paths {
				select {
				case hints <- p:
				case <-ctx.Done():
				}
			}
		})
	}()
	b.untilHint(hints, "d/f", func(n int) { b.save("d/f", strings.Repeat("x", n)) })
	b.untilHint(hints, "d/new/deep/f", func(n int) {
		b.mkdir("d/new/deep")
		b.save("d/new/deep/f", strings.Repeat("x", n))
	})
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		b.Errorf("watch ended with %v", err)
	}
}

// untilHint acts, and acts again as long as no hint covers the path: the watch
// may only be beginning.
func (b *bench) untilHint(hints <-chan index.Path, path string, act func(n int)) {
	for n := 1; n <= 30; n++ {
		act(n)
		if b.covered(hints, index.MustPath(path)) {
			return
		}
	}
	b.Fatalf("no hint at %s", path)
}

// covered waits a while for a hint that covers a path.
func (b *bench) covered(hints <-chan index.Path, p index.Path) bool {
	limit := time.After(time.Second)
	for {
		select {
		case got := <-hints:
			if p.Within(got) {
				return true
			}
		case <-limit:
			return false
		}
	}
}
