package disk

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"kith/index"
	"kith/syncer/plan"
)

// TestNothingOutsideIsTouched has a person exchange a directory with a link to a
// place outside, again and again, while files are put into it.
func TestNothingOutsideIsTouched(t *testing.T) {
	dir := memoryDir(t)
	p := newPlaceIn(t, dir)
	outside := filepath.Join(dir, "outside")
	os.Mkdir(outside, 0o755)
	os.WriteFile(filepath.Join(outside, "f"), []byte("theirs"), 0o644)
	inside, hidden := filepath.Join(p.root, "d"), filepath.Join(p.root, "hidden")
	os.Mkdir(inside, 0o755)

	ctx, cancel := context.WithCancel(t.Context())
	flipped := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			os.Rename(inside, hidden)
			os.Symlink(outside, inside)
			os.Remove(inside)
			os.Rename(hidden, inside)
		}
		flipped <- n
	}()
	put := 0
	for range 700 {
		s := plan.Step{Want: p.wanted("d/f", "ours")}
		if e, err := p.Stat(s.Want.Path); err == nil {
			s.Have = index.Record{File: e.File, Identity: e.Identity}
		}
		if out := p.one(s); out.Err == nil {
			put++
		}
		p.one(plan.Step{Want: index.File{Path: index.MustPath("d/new"), Kind: index.Directory, Mode: 0o700}})
		p.Walk(ctx, index.Path{}, nil, func(e index.Entry) error {
			if e.Kind == index.Regular && p.textIs(e.Path, "theirs") {
				t.Error("the walk left the folder")
			}
			return nil
		})
	}
	cancel()
	t.Logf("%d of 700 steps went through while the directory was exchanged %d times", put, <-flipped)
	names, _ := os.ReadDir(outside)
	if text, _ := os.ReadFile(filepath.Join(outside, "f")); len(names) != 1 || string(text) != "theirs" {
		t.Errorf("outside there is %v, and f is %q", names, text)
	}
}

func (p *place) textIs(path index.Path, text string) bool {
	r, err := p.Open(path, index.Identity{})
	if err != nil {
		return false
	}
	defer r.Close()
	got := make([]byte, len(text))
	r.ReadAt(got, 0)
	return string(got) == text
}

// A link planted among Kith's own directories must not lead it anywhere.
func TestPlantedLinksAreNotFollowed(t *testing.T) {
	p := newPlace(t)
	outside := t.TempDir()
	theirs := filepath.Join(outside, "a~20010101-000000.000")
	os.WriteFile(theirs, []byte("theirs"), 0o644)
	if err := os.Symlink(outside, filepath.Join(p.root, ".kith/versions/d")); err != nil {
		t.Fatal(err)
	}
	os.Mkdir(filepath.Join(p.root, "d"), 0o755)
	p.save("d/a", "old")
	out := p.one(plan.Step{Have: p.have("d/a"), Want: p.wanted("d/a", "new")})
	if out.Err == nil || p.text("d/a") != "old" {
		t.Errorf("put answers %v, the file is %q", out.Err, p.text("d/a"))
	}
	if err := p.Thin(t.Context(), 4e18); err != nil {
		t.Error(err)
	}
	names, _ := os.ReadDir(outside)
	if len(names) != 1 {
		t.Errorf("outside there is %v", names)
	}

	want := p.wanted("e", "draft")
	p.open.forget(draftName(want))
	at := filepath.Join(p.root, ".kith/drafts", draftName(want))
	os.Remove(at)
	os.Symlink(theirs, at)
	if err := p.Fill(want, 0, []byte("draft")); err == nil {
		t.Error("a draft was written through a link")
	}
	if text, _ := os.ReadFile(theirs); string(text) != "theirs" {
		t.Errorf("outside was written %q", text)
	}
}

// A link in the middle of a path is not followed either, wherever it leads.
func TestALinkOnTheWayIsNotFollowed(t *testing.T) {
	p := newPlace(t)
	outside := t.TempDir()
	for _, dir := range []string{outside, filepath.Join(p.root, "d")} {
		os.MkdirAll(filepath.Join(dir, "sub"), 0o755)
		os.WriteFile(filepath.Join(dir, "sub/f"), []byte("theirs"), 0o644)
	}
	for name, target := range map[string]string{"away": outside, "up": "../" + filepath.Base(p.root) + "/d", "here": "d"} {
		if err := os.Symlink(target, filepath.Join(p.root, name)); err != nil {
			t.Fatal(err)
		}
		if e, err := p.Stat(index.MustPath(name + "/sub/f")); err == nil {
			t.Errorf("%s leads to %+v", name, e.File)
		}
		for _, path := range []string{name + "/sub/f", name + "/sub/new"} {
			if out := p.one(plan.Step{Want: p.wanted(path, "ours")}); out.Err == nil {
				t.Errorf("%s was written through a link", path)
			}
		}
	}
	for _, dir := range []string{outside, filepath.Join(p.root, "d")} {
		names, _ := os.ReadDir(filepath.Join(dir, "sub"))
		if text, _ := os.ReadFile(filepath.Join(dir, "sub/f")); len(names) != 1 || string(text) != "theirs" {
			t.Errorf("behind the link there is %v, and f is %q", names, text)
		}
	}
}
