package control

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"kith/index"
	"kith/peer/wire"
	"kith/syncer"
)

func TestABrowsedFolderRemembersWhatIsKept(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	anna := keyOf(2)
	d.pairWith(anna, "Anna")
	link := linkTo(anna)
	d.Up(link)
	defer d.Down(link, nil)
	id := index.FolderID{7}
	d.Hear(link, &wire.Folders{Lists: []wire.Membership{anna.list(id, "docs", 1, keyOf(1))}})
	d.must(Command{Verb: Accept, Folder: "docs", Dir: "docs", Browse: true})
	if f := d.paintedFolder("docs"); !f.Browse {
		t.Errorf("painted: %+v", f)
	}
	dir := func(p string) {
		d.engine.stat = syncer.Found{File: index.File{Path: index.MustPath(p), Kind: index.Directory}}
	}
	for _, s := range []struct {
		verb        Verb
		place, call string
		keep, leave []string
	}{
		{Get, "docs/a/file", `bring "a/file"`, nil, nil},
		{Get, "docs/a", `bring "a"`, []string{"a"}, nil},
		{Get, "docs/a/b", `bring "a/b"`, []string{"a"}, nil},
		{LetGo, "docs/a/b", `let go "a/b"`, []string{"a"}, []string{"a/b"}},
		{Get, "docs/a/b/c", `bring "a/b/c"`, []string{"a", "a/b/c"}, []string{"a/b"}},
		{LetGo, "docs/x", `let go "x"`, []string{"a", "a/b/c"}, []string{"a/b"}},
		{LetGo, "docs/a", `let go "a"`, nil, nil},
		{Get, "docs", `bring ""`, []string{"/"}, nil},
		{LetGo, "docs/a", `let go "a"`, []string{"/"}, []string{"a"}},
		{LetGo, "docs", `let go ""`, nil, nil},
	} {
		if dir("d"); strings.HasSuffix(s.place, "file") {
			d.engine.stat.Kind = index.Regular
		}
		d.must(Command{Verb: s.verb, Folder: s.place})
		f, _ := d.Settings().Folder(id)
		if got := d.engine.calls[len(d.engine.calls)-1]; got != s.call || !slices.Equal(f.Keep, s.keep) || !slices.Equal(f.Leave, s.leave) {
			t.Errorf("%s %s: %s, keep %q, leave %q", s.verb, s.place, got, f.Keep, f.Leave)
		}
	}
	again, err := ParseSettings(d.file.last)
	if err != nil || !again.Folders[0].Browse {
		t.Errorf("settings: %v\n%s", err, d.file.last)
	}
	w := d.wanted(&Settings{Folders: []Shared{{Browse: true, Keep: []string{"/", "a", "../b"}, Leave: []string{"c/"}}}})
	if want := []index.Path{{}, index.MustPath("a")}; !w[0].Browse || !slices.Equal(w[0].Keep, want) || !slices.Equal(w[0].Leave, []index.Path{index.MustPath("c")}) {
		t.Errorf("wanted: %+v", w)
	}
}

func TestOnlyABrowsedFolderIsKeptInPart(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	d.mkdir("docs")
	d.must(Command{Verb: Share, Dir: "docs"})
	for _, v := range []Verb{Get, LetGo} {
		var fault *Fault
		if _, err := d.Do(t.Context(), Command{Verb: v, Folder: "docs/a"}); !errors.As(err, &fault) || fault.Next == "" {
			t.Errorf("%s: %v", v, err)
		}
	}
	if len(d.engine.calls) != 0 {
		t.Errorf("the engine was told %q", d.engine.calls)
	}
}

// paintedFolder returns a folder as the picture shows it.
func (d *desk) paintedFolder(name string) Folder {
	d.t.Helper()
	d.paint()
	for _, f := range d.hub.Latest().Folders {
		if f.Name == name {
			return f
		}
	}
	d.t.Fatalf("no folder %q", name)
	return Folder{}
}
