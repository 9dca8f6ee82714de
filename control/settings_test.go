package control

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"kith/index"
)

func sampleSettings() *Settings {
	anna, ben := keyOf(1), keyOf(2)
	s := &Settings{
		Name: "h1", Listen: "127.0.0.1:0",
		Folders: []Shared{
			{ID: index.FolderID{1}, Name: "Fotos ✿", Dir: "/srv/fotos"},
			{ID: index.FolderID{2}, Name: "x", Dir: `C:\x "y"`, Paused: true, Until: time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC), Former: []index.DeviceID{ben.ID()}},
		},
		Devices:  []Paired{{ID: ben.ID(), Name: "Ben", Addresses: []string{"10.0.0.7:22547", "[fe80::1]:1"}, LastSeen: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}},
		Declined: []Declined{{ID: index.FolderID{3}, Serial: 7}},
	}
	for i := range s.Folders {
		f := &s.Folders[i]
		f.setList(anna.list(f.ID, f.Name, uint64(i)+1, ben))
	}
	return s
}

// known leaves out what does not come from the fields.
func known(s *Settings) Settings {
	c := *s
	c.strange, c.header = nil, ""
	return c
}

func TestSettingsComeBackAsTheyWere(t *testing.T) {
	want := sampleSettings()
	text, err := want.Format()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseSettings(text)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	if !reflect.DeepEqual(known(got), known(want)) {
		t.Errorf("got %+v\nwant %+v", known(got), known(want))
	}
	again, err := got.Format()
	if err != nil || !bytes.Equal(again, text) {
		t.Errorf("written again (%v):\n%s\nfirst:\n%s", err, again, text)
	}
}

func TestStrangeKeysAndTheTopCommentSurvive(t *testing.T) {
	text, err := sampleSettings().Format()
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(text), `name = "h1"`, "name = \"h1\"\ncolour = \"green\"", 1)
	edited = strings.Replace(edited, `name = "Ben"`, "name = \"Ben\"\n  nick = \"B\"", 1)
	edited = strings.Replace(edited, "\n"+settingsEnd, "\n[theme]\nsize = 3\n"+settingsEnd, 1)
	edited = "# mine\n" + edited
	s, err := ParseSettings([]byte(edited))
	if err != nil {
		t.Fatal(err)
	}
	s.Name = "other"
	text, err = s.Format()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# mine\n# Kith's settings.", `colour = "green"`, `nick = "B"`, "[theme]", "size = 3", `name = "other"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is gone from:\n%s", want, text)
		}
	}
}

// TestNoMembershipIsLostByACut cuts the file at every byte: what is loaded is
// always what was saved last.
func TestNoMembershipIsLostByACut(t *testing.T) {
	want := sampleSettings()
	text, err := want.Format()
	if err != nil {
		t.Fatal(err)
	}
	f := settingsFile{path: filepath.Join(t.TempDir(), "config.toml")}
	if err := f.save(want); err != nil {
		t.Fatal(err)
	}
	for n := range len(text) {
		if err := os.WriteFile(f.path, text[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		got, trouble, err := f.load()
		if err != nil {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
		if !reflect.DeepEqual(known(got), known(want)) {
			t.Fatalf("cut after %d bytes: got %+v", n, known(got))
		}
		if whole := n == len(text)-1; whole != (trouble == "") {
			t.Fatalf("cut after %d of %d bytes: trouble %q", n, len(text), trouble)
		}
	}
}

func TestLoad(t *testing.T) {
	text, err := sampleSettings().Format()
	if err != nil {
		t.Fatal(err)
	}
	bad := []byte("name = ")
	for _, c := range []struct {
		name       string
		file, good []byte // nil: not there
		folders    int
		trouble    bool
		fails      bool
	}{
		{name: "nothing there: the first start"},
		{name: "the copy is not needed", file: text, good: bad, folders: 2},
		{name: "the file is gone", good: text, folders: 2, trouble: true},
		{name: "the file is empty", file: []byte{}, good: text, folders: 2, trouble: true},
		{name: "the file is nonsense", file: bad, good: text, folders: 2, trouble: true},
		{name: "both are nonsense", file: bad, good: bad, fails: true},
		{name: "nonsense and no copy", file: bad, fails: true},
		{name: "written by hand, before the first save", file: []byte("name = 'x'"), folders: 0},
		{name: "one folder twice", file: append(text, text[bytes.Index(text, []byte("[[folder]]")):]...), fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := settingsFile{path: filepath.Join(t.TempDir(), "config.toml")}
			for path, text := range map[string][]byte{f.path: c.file, f.good(): c.good} {
				if text == nil {
					continue
				}
				if err := os.WriteFile(path, text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, trouble, err := f.load()
			if c.fails {
				if err == nil {
					t.Fatalf("loaded %+v", s)
				}
				return
			}
			if err != nil || len(s.Folders) != c.folders || (trouble != "") != c.trouble {
				t.Fatalf("got %+v, %q, %v", s, trouble, err)
			}
		})
	}
}

func TestForgedListInSettingsIsNotUsed(t *testing.T) {
	s := sampleSettings()
	m := s.Folders[0].signed
	m.Name = "changed"
	s.Folders[0].List = FormatList(m)
	text, err := s.Format()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseSettings(text)
	if err != nil {
		t.Fatal(err)
	}
	if got.Folders[0].broken == nil || got.Folders[1].broken != nil {
		t.Errorf("broken: %v, %v", got.Folders[0].broken, got.Folders[1].broken)
	}
	if got.Folders[0].List != s.Folders[0].List {
		t.Error("the list was not kept as it is")
	}
}

func TestWriteWholeLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	if err := writeWhole(filepath.Join(dir, "missing", "x"), []byte("x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into a directory that is not there: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeWhole(filepath.Join(dir, "d"), []byte("x")); err == nil {
		t.Error("a directory was replaced by a file")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// FuzzParseSettings: whatever the text, reading it does not panic, and what was
// read comes back when it is written.
func FuzzParseSettings(f *testing.F) {
	text, err := sampleSettings().Format()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("name = 'x'\n[[folder]]\nid = ''\n"))
	f.Add([]byte("[[device]]\nx = {a=[[1]]}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseSettings(text)
		if s == nil {
			return
		}
		out, ferr := s.Format()
		if ferr != nil {
			t.Fatalf("read (%v) but not written: %v", err, ferr)
		}
		again, err := ParseSettings(out)
		if err != nil {
			t.Fatalf("written but not read: %v\n%s", err, out)
		}
		if a, b := len(s.Folders), len(again.Folders); a != b {
			t.Fatalf("%d folders became %d", a, b)
		}
	})
}
