package control

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kith/index"
	"kith/syncer"
)

func TestContentIsShownInert(t *testing.T) {
	png, _ := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	for _, tt := range []struct {
		name string
		data []byte
		size int64 // zero: of data
		want Content
	}{
		{"text", []byte("hej då"), 0, Content{Kind: "text", Text: "hej då"}},
		{"nothing", nil, 0, Content{Kind: "text"}},
		{"a page is text", []byte("<!doctype html><script>alert(1)</script>"), 0, Content{Kind: "text", Text: "<!doctype html><script>alert(1)</script>"}},
		{"a drawing that may run scripts is text", []byte("<svg onload=alert(1)>"), 0, Content{Kind: "text", Text: "<svg onload=alert(1)>"}},
		{"a picture", png, 0, Content{Kind: "image", Type: "image/png", Image: png}},
		{"a picture that is too large", png, 1 << 30, Content{Kind: "other", Cut: true}},
		{"a program", []byte("\x7fELF\x00\x01"), 0, Content{Kind: "other"}},
		{"text cut in a character", []byte("d\xc3"), 3, Content{Kind: "text", Text: "d\uFFFD", Cut: true}},
		{"text with a byte that is none", []byte("a\xffb and more of it"), 0, Content{Kind: "other"}},
		{"long text", bytes.Repeat([]byte("a"), maxShownText+1), 0, Content{Kind: "text", Text: strings.Repeat("a", maxShownText), Cut: true}},
	} {
		if tt.size == 0 {
			tt.size = int64(len(tt.data))
		}
		got := Content{Size: tt.size}
		got.judge(tt.data)
		if got.Kind != tt.want.Kind || got.Text != tt.want.Text || got.Type != tt.want.Type || !bytes.Equal(got.Image, tt.want.Image) || got.Cut != tt.want.Cut {
			t.Errorf("%s: %.80v", tt.name, got)
		}
	}
}

func TestContentComesFromTheFolderOrItsVersions(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	d.must(Command{Verb: Share, Dir: d.mkdir("docs")})
	d.engine.shown = map[string][]byte{"a": []byte("now")}
	d.engine.kept = []index.Kept{{ID: "v1", Path: index.MustPath("a"), Size: 10}}
	if c, err := d.content(t.Context(), Command{Folder: "docs", Path: "a"}); err != nil || c.Text != "now" {
		t.Errorf("now: %v, %v", c, err)
	}
	if c, err := d.content(t.Context(), Command{Folder: "docs", Path: "a", Version: "v1"}); err != nil || c.Text != "version v1" {
		t.Errorf("then: %v, %v", c, err)
	}
	for _, path := range []string{"../home/config.toml", filepath.Join(d.dir, "home", "key.pem")} {
		if _, err := d.content(t.Context(), Command{Folder: "docs", Path: path}); err == nil {
			t.Errorf("%s was shown", path)
		}
	}
}

func TestPlacesAreThoseOfThePerson(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	for _, dir := range []string{"b", "A", ".hidden", "b/deep"} {
		d.mkdir("user/" + dir)
	}
	if err := os.WriteFile(filepath.Join(d.dir, "user", "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(d.dir, filepath.Join(d.dir, "user", "out")); err != nil {
		t.Skip("no symbolic links here")
	}
	d.must(Command{Verb: Share, Dir: filepath.Join(d.dir, "user", "b")})
	p, err := d.places("")
	if err != nil || p.Parent != "" || len(p.Entries) != 2 || p.Entries[0].Name != "A" || p.Entries[1].Shared != "b" {
		t.Errorf("at home: %+v, %v", p, err)
	}
	p, err = d.places(filepath.Join(d.dir, "user", "b"))
	if err != nil || p.Parent != filepath.Join(d.dir, "user") || len(p.Entries) != 1 {
		t.Errorf("below: %+v, %v", p, err)
	}
	for _, dir := range []string{d.dir, "/", filepath.Join(d.dir, "user", ".."), filepath.Join(d.dir, "user", "out"), filepath.Join(d.dir, "user", "out", "home")} {
		if p, err := d.places(dir); err == nil {
			t.Errorf("%s was listed: %+v", dir, p)
		}
	}
}

func TestRulesAreShownTriedAndKept(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	d.must(Command{Verb: Share, Dir: d.mkdir("docs")})
	text := "b"
	if r := d.must(Command{Verb: Ignore, Folder: "docs"}); r.Rules.Text != "*.tmp" {
		t.Errorf("shown: %+v", r.Rules)
	}
	if r := d.must(Command{Verb: Ignore, Folder: "docs", Text: &text}); !slices.Equal(r.Rules.Out.Paths, []string{"b"}) || r.Rules.Out.Files != 1 {
		t.Errorf("tried: %+v", r.Rules)
	}
	d.must(Command{Verb: Ignore, Folder: "docs", Text: &text, Yes: true})
	calls := d.engine.calls
	if want := []string{"rules", "try b", "set b"}; len(calls) < 3 || !slices.Equal(calls[len(calls)-3:], want) {
		t.Errorf("the engine was asked %v", calls)
	}
}

func TestADecisionIsTakenBackOnce(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	d.must(Command{Verb: Share, Dir: d.mkdir("docs")})
	d.must(Command{Verb: Resolve, Folder: "docs", Path: "b", Keep: "mine"})
	d.must(Command{Verb: Unresolve, Folder: "docs", Path: "b"})
	if _, err := d.Do(t.Context(), Command{Verb: Unresolve, Folder: "docs", Path: "b"}); err == nil {
		t.Error("taken back twice")
	}
}

func TestAllConflictsAreDecidedInOneWay(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	d.must(Command{Verb: Share, Dir: d.mkdir("docs")})
	path := index.MustPath
	// Two copies beside one file: the engine can only deal with the second one
	// when it has looked at what became of the first.
	rounds := [][]syncer.Conflict{
		{{Path: path("a"), Copy: path("a1")}, {Path: path("a"), Copy: path("a2")}, {Path: path("b"), Copy: path("b1")}},
		{{Path: path("a"), Copy: path("a2")}},
	}
	d.engine.rounds = rounds
	r := d.must(Command{Verb: Resolve, Folder: "docs", All: true, Keep: "theirs"})
	want := []string{"conflicts", "resolve a1 theirs", "resolve b1 theirs", "scan", "conflicts", "resolve a2 theirs"}
	if !slices.Equal(d.engine.calls, want) || !strings.Contains(r.Text, "3 conflicts") {
		t.Errorf("%q: the engine was told %q", r.Text, d.engine.calls)
	}
	for _, copy := range []string{"a1", "a2", "b1"} {
		d.must(Command{Verb: Unresolve, Folder: "docs", Path: copy})
	}
	if _, err := d.Do(t.Context(), Command{Verb: Resolve, Folder: "docs", Path: "a", All: true, Keep: "mine"}); err == nil {
		t.Error("one and all at once")
	}
}

func TestAMemberIsTakenOff(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	d.pairWith(keyOf(2), "ben")
	d.must(Command{Verb: Share, Dir: d.mkdir("docs"), With: []string{"ben"}})
	d.must(Command{Verb: Remove, Folder: "docs", Device: "ben"})
	f := d.Settings().Folders[0]
	if len(f.signed.Members) != 1 || len(f.Former) != 1 || f.signed.Verify() != nil {
		t.Errorf("members %v, former %v", f.signed.Members, f.Former)
	}
	if _, err := d.Do(t.Context(), Command{Verb: Remove, Folder: "docs", Device: "me"}); err == nil {
		t.Error("took itself off")
	}
}

func TestAPersonSaysWhatThisDeviceIs(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	if p := d.hub.Latest(); p.Rev > 0 && !p.Device.Fresh {
		t.Error("not fresh at first")
	}
	d.must(Command{Verb: Rename, Name: "  Anna's\u202e laptop "})
	d.must(Command{Verb: Listening, Addr: "10.0.0.1:4000"})
	d.must(Command{Verb: Welcome})
	if p := d.hub.Latest().Device; p.Name != "Anna's laptop" || p.Address != "10.0.0.1:4000" || p.Fresh {
		t.Errorf("device %+v", p)
	}
	for _, addr := range []string{"evil", "host:22", ":0", ":99999"} {
		if _, err := d.Do(t.Context(), Command{Verb: Listening, Addr: addr}); err == nil {
			t.Errorf("listens on %q", addr)
		}
	}
}

func TestOpenWantsAPageAndAPlace(t *testing.T) {
	d := newTestDesk(t, keyOf(1))
	if _, err := d.Do(t.Context(), Command{Verb: Open}); err == nil {
		t.Error("opened a page that is not there")
	}
	d.AttachPage(fakePage{})
	if r := d.must(Command{Verb: Open, Place: "#/conflicts", Direct: true, For: 20}); r.URL != "/conflicts true 20s" {
		t.Errorf("URL %q", r.URL)
	}
	if r := d.must(Command{Verb: Open, For: 9999}); r.URL != " false 1m0s" {
		t.Errorf("URL %q", r.URL)
	}
	if _, err := d.Do(t.Context(), Command{Verb: Open, Place: "javascript:alert(1)"}); err == nil {
		t.Error("opened what is no place")
	}
}

type fakePage struct{}

func (fakePage) Login(_ context.Context, place string, direct bool, life time.Duration) (string, error) {
	return place + map[bool]string{true: " true ", false: " false "}[direct] + life.String(), nil
}
