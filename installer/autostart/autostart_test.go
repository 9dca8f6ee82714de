package autostart

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var kith = Entry{
	Name: "kith", Title: "Kith", Comment: "Keeps folders the same",
	Exec: []string{"/opt/my apps/kith", "run", "--home", `/home/a$b/100% "x"\y`},
}

// Every place passes the same script.
func TestPlaces(t *testing.T) {
	for name, p := range map[string]place{
		"xdg":          xdg{filepath.Join(t.TempDir(), "not", "yet", "there")},
		"launchAgents": launchAgents{filepath.Join(t.TempDir(), "not", "yet", "there")},
		"runKey":       runKey{memory{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Switch{kith, func() (place, error) { return p, nil }}
			is := func(want bool) {
				t.Helper()
				if on, err := s.On(); err != nil || on != want {
					t.Fatalf("On: %v, %v; want %v", on, err, want)
				}
			}
			set := func(on bool) {
				t.Helper()
				if err := s.Set(on); err != nil {
					t.Fatal(err)
				}
			}
			is(false)
			set(false) // what isn't there can be switched off
			is(false)
			set(true)
			is(true)
			set(true)
			is(true)
			set(false)
			is(false)
		})
	}
}

func TestTextOfXDG(t *testing.T) {
	golden(t, "kith.desktop", desktopFile(kith))
}

func TestTextOfLaunchAgent(t *testing.T) {
	e := kith
	e.Name, e.Exec = "org.kith.kith", []string{"/Applications/Kith & Co.app/Contents/MacOS/kith", "run"}
	golden(t, "org.kith.kith.plist", agentFile(e))
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil || string(bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))) != got {
		t.Errorf("%s (%v): got\n%s\nwant\n%s", name, err, got, want)
	}
}

func TestWhatTheDesktopSwitchedOffIsOff(t *testing.T) {
	x := xdg{t.TempDir()}
	for _, line := range []string{"Hidden=true", "X-GNOME-Autostart-enabled=false", "Hidden = true"} {
		if err := os.WriteFile(x.file(kith), []byte("[Desktop Entry]\nExec=kith\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if on, err := x.On(kith); on || err != nil {
			t.Errorf("with %q: %v, %v", line, on, err)
		}
	}
}

func TestWhatTheTaskManagerSwitchedOffStaysOff(t *testing.T) {
	reg := memory{}
	s := &Switch{kith, func() (place, error) { return runKey{reg}, nil }}
	if err := s.Set(true); err != nil {
		t.Fatal(err)
	}
	reg[approvedPath+`\Kith`] = string([]byte{3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	if on, err := s.On(); on || err != nil {
		t.Errorf("switched off there, but On: %v, %v", on, err)
	}
	if err := s.Set(true); !errors.Is(err, ErrForbidden) {
		t.Errorf("Set: %v", err)
	}
	reg[approvedPath+`\Kith`] = string([]byte{2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	if on, err := s.On(); !on || err != nil {
		t.Errorf("switched on there, but On: %v, %v", on, err)
	}
}

func TestCommandLine(t *testing.T) {
	for want, args := range map[string][]string{
		`C:\kith.exe run`:                      {`C:\kith.exe`, "run"},
		`"C:\Program Files\kith.exe" ""`:       {`C:\Program Files\kith.exe`, ""},
		`"D:\a b\\" x`:                         {`D:\a b\`, "x"},
		`"say \"hi\"" "back\\\"slash" c:\x\\y`: {`say "hi"`, `back\"slash`, `c:\x\\y`},
	} {
		if got := commandLine(args); got != want {
			t.Errorf("%q: got %s, want %s", args, got, want)
		}
	}
}

func TestAFileThatCannotBeWrittenIsToldOf(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := xdg{blocked}.Set(kith, true)
	if err == nil || !strings.Contains(err.Error(), "switch on autostart") {
		t.Errorf("Set below a file: %v", err)
	}
}

// memory is a registry of one user.
type memory map[string]string

func (m memory) Text(key, name string) (string, bool, error) {
	v, ok := m[key+`\`+name]
	return v, ok, nil
}

func (m memory) Bytes(key, name string) ([]byte, bool, error) {
	v, ok := m[key+`\`+name]
	return []byte(v), ok, nil
}

func (m memory) SetText(key, name, value string) error {
	m[key+`\`+name] = value
	return nil
}

func (m memory) Delete(key, name string) error {
	delete(m, key+`\`+name)
	return nil
}
