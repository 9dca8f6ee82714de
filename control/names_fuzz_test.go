package control

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"kith/index"
)

// FuzzNames: whatever another device calls itself or a folder, what is shown of
// it is one short line that does nothing, and what becomes a directory is one.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"Ben", "", "..", "../../etc", "\u202egnp.exe", "a\x00b", "con", "\xff", strings.Repeat("ß", 99), ". .", "<b>x", "a\u2028b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := cleanName(s, maxFolderName)
		if name == "" || utf8.RuneCountInString(name) > maxFolderName || !utf8.ValidString(name) {
			t.Fatalf("%q is shown as %q", s, name)
		}
		for _, r := range name {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
				t.Fatalf("%q is shown as %q", s, name)
			}
		}
		dir := dirName(s)
		p, err := index.ParsePath(dir)
		if err != nil || p.Name() != dir || strings.ContainsAny(dir, `/\:*?"<>|`) || dir[0] == '.' {
			t.Fatalf("%q becomes the directory %q, %v", s, dir, err)
		}
	})
}

// FuzzParseList: a list of members in the settings is refused, or is signed by
// its owner and written the same again.
func FuzzParseList(f *testing.F) {
	anna, ben := keyOf(1), keyOf(2)
	f.Add(FormatList(anna.list(index.FolderID{1}, "files", 3, ben)))
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseList(s)
		if err != nil {
			return
		}
		if err := m.Verify(); err != nil {
			t.Fatalf("%q is read: %v", s, err)
		}
		again, err := ParseList(FormatList(m))
		if err != nil || again.Serial != m.Serial || again.Folder != m.Folder || len(again.Members) != len(m.Members) {
			t.Fatalf("%+v became %+v, %v", m, again, err)
		}
	})
}

// FuzzPlotRequest: what a page asks to be drawn is refused, or is of a size that
// can be.
func FuzzPlotRequest(f *testing.F) {
	f.Add("width=640&height=320&span=1h&theme=dark&folder=x")
	f.Add("width=999999999&height=-1&span=1000000h&device=x&folder=y")
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		r, err := ParsePlotRequest(q)
		if err != nil {
			return
		}
		again, err := ParsePlotRequest(r.Query())
		if err != nil || again != r || r.Width < 1 || r.Height < 1 || r.Width > 1<<14 || r.Height > 1<<14 {
			t.Fatalf("%q asks for %+v", query, r)
		}
	})
}
