package control

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/BurntSushi/toml"
)

// The settings are a file for people's eyes, and for their hands. It is written
// whole, with a second copy beside it, and ends with a line that tells a whole
// file from one that was cut off: a membership must never shrink by accident.

const settingsHeader = `# Kith's settings.
# You may edit them: Kith reads them when it starts, and before each change that
# it makes itself. Comments here at the top stay; others do not.
`

const settingsEnd = "# End of Kith's settings. This line stays the last one."

// errCut says that a settings file does not end as one does.
var errCut = errors.New("it is incomplete: its last line is missing")

// ParseSettings reads the text of a settings file. If the text is sound but the
// last line is missing, it returns the settings together with an error.
func ParseSettings(text []byte) (*Settings, error) {
	s := &Settings{}
	if _, err := toml.Decode(string(text), s); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	var all map[string]any
	if _, err := toml.Decode(string(text), &all); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	s.strange = all
	s.header = headerOf(string(text))
	for i := range s.Folders {
		f := &s.Folders[i]
		f.signed, f.broken = ParseList(f.List)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	if !strings.HasSuffix(strings.TrimRight(string(text), " \t\r\n"), settingsEnd) {
		return s, errCut
	}
	return s, nil
}

// check refuses settings which could not have been meant.
func (s *Settings) check() error {
	folders := make(map[any]bool)
	for _, f := range s.Folders {
		if f.ID.IsZero() || f.Dir == "" || folders[f.ID] {
			return fmt.Errorf("folder %q lacks its id or its dir, or is there twice", f.Name)
		}
		folders[f.ID] = true
	}
	devices := make(map[any]bool)
	for _, d := range s.Devices {
		if d.ID.IsZero() || devices[d.ID] {
			return fmt.Errorf("device %q lacks its id, or is there twice", d.Name)
		}
		devices[d.ID] = true
	}
	return nil
}

// headerOf returns the comment lines at the top.
func headerOf(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") || strings.HasPrefix(line, settingsEnd) {
			break
		}
		b.WriteString(strings.TrimRight(line, "\r\n") + "\n")
	}
	return b.String()
}

// Format returns the text of a settings file.
func (s *Settings) Format() ([]byte, error) {
	var known bytes.Buffer
	if err := toml.NewEncoder(&known).Encode(s); err != nil {
		return nil, fmt.Errorf("write settings: %w", err)
	}
	var all map[string]any
	if _, err := toml.Decode(known.String(), &all); err != nil {
		return nil, fmt.Errorf("write settings: %w", err)
	}
	dropUnset(all)
	keepStrange(all, s.strange, knownKeys())
	header := s.header
	if header == "" {
		header = settingsHeader
	}
	out := bytes.NewBufferString(header + "\n")
	if err := toml.NewEncoder(out).Encode(all); err != nil {
		return nil, fmt.Errorf("write settings: %w", err)
	}
	out.WriteString("\n" + settingsEnd + "\n")
	return out.Bytes(), nil
}

// settingsFile is the settings on disk: the file, and the copy of the last good
// one beside it.
type settingsFile struct {
	path string
	last []byte // the text last read or written
}

func (f *settingsFile) good() string { return f.path + ".good" }

// load returns the settings, and what a person should know about how they were
// come by. It fails where carrying on could lose a membership: when there once
// were settings, and no copy of them can be read.
func (f *settingsFile) load() (s *Settings, trouble string, err error) {
	text, err := os.ReadFile(f.path)
	if err == nil {
		s, err = ParseSettings(text)
	}
	if err == nil {
		f.last = text
		return s, "", nil
	}
	spare, spareErr := os.ReadFile(f.good())
	switch {
	case errors.Is(spareErr, fs.ErrNotExist) && errors.Is(err, fs.ErrNotExist):
		return &Settings{}, "", nil
	case errors.Is(spareErr, fs.ErrNotExist) && errors.Is(err, errCut):
		f.last = text // never saved by us: a person wrote it
		return s, "", nil
	case spareErr != nil:
		return nil, "", fmt.Errorf("%w (%s)", err, f.path)
	}
	good, goodErr := ParseSettings(spare)
	if goodErr != nil {
		return nil, "", fmt.Errorf("%w (%s), and its copy cannot be used either: %w", err, f.path, goodErr)
	}
	f.last = text
	return good, fmt.Sprintf("the settings could not be used (%v), so the last good copy is in force", err), nil
}

// edited returns the settings if a person edited the file since it was last read
// or written, and they are sound.
func (f *settingsFile) edited() (*Settings, bool) {
	text, err := os.ReadFile(f.path)
	if err != nil || bytes.Equal(text, f.last) {
		return nil, false
	}
	s, err := ParseSettings(text)
	return s, err == nil
}

// save makes s durable, in both copies.
func (f *settingsFile) save(s *Settings) error {
	text, err := s.Format()
	if err != nil {
		return err
	}
	if err := writeWhole(f.path, text); err != nil {
		return err
	}
	f.last = text
	return writeWhole(f.good(), text)
}
