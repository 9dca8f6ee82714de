package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"kith/index"
	"kith/peer"
)

const words = "correct horse battery"

// cheaply makes guesses cheap, for the time of a test.
func cheaply(t *testing.T) {
	was := scryptWork
	scryptWork = 10
	t.Cleanup(func() { scryptWork = was })
}

// homeIn makes a home with an identity and settings in a directory.
func homeIn(t *testing.T, dir string, s *Settings) (Home, index.DeviceID) {
	t.Helper()
	h, err := FindHome(dir)
	if err == nil {
		err = h.Make()
	}
	if err != nil {
		t.Fatal(err)
	}
	id, err := peer.LoadIdentity(h.Key())
	if err != nil {
		t.Fatal(err)
	}
	if err := (&settingsFile{path: h.settingsFile()}).save(s); err != nil {
		t.Fatal(err)
	}
	return h, id.ID()
}

func noFolder(string, index.FolderID) error { return nil }

func mustFail(t *testing.T, err error, want string) {
	t.Helper()
	var f *Fault
	if !errors.As(err, &f) || !strings.Contains(f.What+" "+f.Next, want) {
		t.Errorf("got %v, want a fault that says %q", err, want)
	}
}

func TestAnExportedDeviceIsTheSameElsewhere(t *testing.T) {
	cheaply(t)
	dir := t.TempDir()
	t.Setenv("HOME", filepath.Join(dir, "here"))
	t.Setenv("USERPROFILE", filepath.Join(dir, "here"))
	if err := os.MkdirAll(userHome(), 0o700); err != nil {
		t.Fatal(err)
	}
	s := &Settings{Name: "anna-pc", Folders: []Shared{
		{ID: index.FolderID{1}, Name: "Photos", Dir: filepath.Join(userHome(), "Photos"), List: "x"},
		{ID: index.FolderID{2}, Name: "Drive", Dir: filepath.Join(dir, "drive", "Drive"), List: "x"},
		{ID: index.FolderID{3}, Name: "Moved", Dir: filepath.Join(dir, "drive", "Moved"), List: "x"},
	}, Devices: []Paired{{ID: index.DeviceID{9}, Name: "ben"}}}
	old, id := homeIn(t, filepath.Join(dir, "old"), s)
	file := filepath.Join(dir, "anna.kith")
	if err := Export(old, "1.2.3", file, words); err != nil {
		t.Fatal(err)
	}
	mustFail(t, Export(old, "1.2.3", file, words), "already")
	mustFail(t, Export(old, "1.2.3", file+"2", "short"), "too short")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if bytes.Contains(text, []byte("PRIVATE")) || bytes.Contains(text, []byte("Photos")) {
		t.Error("it is not encrypted")
	}

	there := filepath.Join(dir, "there") // another machine, another name of the person
	t.Setenv("HOME", there)
	t.Setenv("USERPROFILE", there)
	fresh, err := FindHome(filepath.Join(dir, "new"))
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{}
	c := ImportConfig{Home: fresh, Path: file, Passphrase: words, Cwd: dir,
		Places:     map[string]string{"Moved": "elsewhere"},
		MakeFolder: func(dir string, _ index.FolderID) error { made[dir] = true; return nil }}
	wrong := c
	wrong.Passphrase = words + "!"
	_, err = Import(wrong)
	mustFail(t, err, "passphrase is another")
	wrong = c
	wrong.Places = map[string]string{"Nothing": dir}
	_, err = Import(wrong)
	mustFail(t, err, `no folder "Nothing"`)
	got, err := Import(c)
	if err != nil {
		t.Fatal(err)
	}
	photos, moved := filepath.Join(there, "Photos"), filepath.Join(dir, "elsewhere")
	if got.Device != id || got.Name != "anna-pc" || got.App != "1.2.3" || len(got.Aside) != 0 {
		t.Errorf("imported %+v", got)
	}
	want := []ImportedFolder{{"Photos", photos, ""}, {"Drive", s.Folders[1].Dir, "it is not there"}, {"Moved", moved, ""}}
	for i, f := range got.Folders {
		if f != want[i] {
			t.Errorf("folder %+v, want %+v", f, want[i])
		}
	}
	if len(made) != 2 || !made[photos] || !made[moved] {
		t.Errorf("made %v", made)
	}
	file2 := settingsFile{path: fresh.settingsFile()}
	back, trouble, err := file2.load()
	if err != nil || trouble != "" || len(back.Devices) != 1 || back.Folders[0].Dir != photos {
		t.Errorf("settings %+v, %q, %v", back, trouble, err)
	}
	if key, err := peer.LoadIdentity(fresh.Key()); err != nil || key.ID() != id {
		t.Errorf("key: %v", err)
	}
}

func TestAnImportOverwritesNothing(t *testing.T) {
	cheaply(t)
	dir := t.TempDir()
	old, id := homeIn(t, filepath.Join(dir, "old"), &Settings{Name: "old"})
	file := filepath.Join(dir, "file")
	if err := Export(old, "1", file, words); err != nil {
		t.Fatal(err)
	}
	here, other := homeIn(t, filepath.Join(dir, "here"), &Settings{Name: "here"})
	if err := os.WriteFile(here.Index(), []byte("index"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := ImportConfig{Home: here, Path: file, Passphrase: words, MakeFolder: noFolder}
	_, err := Import(c)
	mustFail(t, err, "--replace")
	lock, err := here.Lock()
	if err != nil {
		t.Fatal(err)
	}
	c.Replace = true
	_, err = Import(c)
	mustFail(t, err, "kith quit")
	if key, err := peer.LoadIdentity(here.Key()); err != nil || key.ID() != other {
		t.Errorf("a refused import changed the key: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := Import(c)
	if err != nil || got.Device != id || len(got.Aside) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if key, err := peer.LoadIdentity(filepath.Join(got.Aside[0], "key.pem")); err != nil || key.ID() != other {
		t.Errorf("the old key is not aside: %v", err)
	}
	if _, err := os.Stat(filepath.Join(got.Aside[0], "index.db")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(here.Index()); err == nil {
		t.Error("the index of another device stayed")
	}
}

func TestWhatCannotBeImportedIsToldApart(t *testing.T) {
	cheaply(t)
	dir := t.TempDir()
	c := ImportConfig{Home: Home{Config: dir, Data: dir, Run: dir}, Passphrase: words, MakeFolder: noFolder}
	for _, tt := range []struct {
		content any
		want    string
	}{
		{exported{Format: exportFormat + 1, App: "9.0"}, "a later version of Kith (9.0)"},
		{map[string]any{"format": 99, "key": 5, "app": "9.1"}, "a later version of Kith (9.1)"},
		{exported{}, "not made by kith export"},
		{exported{Format: exportFormat, Settings: "name = "}, "settings in it cannot be used"},
		{exported{Format: exportFormat, Settings: "name = 'x'\n" + settingsEnd, Key: "nothing"}, "key in it cannot be used"},
	} {
		plain, err := json.Marshal(tt.content)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := encrypt(plain, words)
		if err != nil {
			t.Fatal(err)
		}
		c.Path = filepath.Join(dir, "file")
		if err := os.WriteFile(c.Path, sealed, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = Import(c)
		mustFail(t, err, tt.want)
	}
	if err := os.WriteFile(c.Path, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Import(c)
	mustFail(t, err, "was not made by kith export")
	if _, err := os.Lstat(c.Home.Key()); err == nil {
		t.Error("a key came of it")
	}
}
