package control

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kith/index"
	"kith/peer"
)

// ImportConfig says what is imported, and how.
type ImportConfig struct {
	Home       Home
	Path       string // of the exported file
	Passphrase string
	Replace    bool              // set another identity aside that is here
	Places     map[string]string // by name of folder: the directory where it is now
	Cwd        string
	MakeFolder FolderMaker
}

// Imported is what came of an import.
type Imported struct {
	Device  index.DeviceID
	Name    string
	App     string    // version of the program that exported it
	Made    time.Time // when
	Aside   []string  // directories of what was here before
	Folders []ImportedFolder
}

// ImportedFolder is a folder that was imported.
type ImportedFolder struct {
	Name, Dir string
	// Missing says why its directory cannot be used now; empty: it can.
	Missing string
}

// Import makes a home that of an exported device. It brings no index: at the next
// start every file is looked at, in a new epoch, and what is here is united with
// what the others have. So nothing older overwrites anything, and nothing that is
// not here yet is taken for deleted.
func Import(c ImportConfig) (Imported, error) {
	f, err := os.Open(c.Path)
	if err != nil {
		return Imported{}, failed("read: %w", err)
	}
	defer f.Close()
	e, err := openExport(f, c.Passphrase)
	if err != nil {
		return Imported{}, err
	}
	s, err := ParseSettings([]byte(e.Settings))
	if err != nil {
		return Imported{}, failed("the settings in it cannot be used: %w", err)
	}
	if err := c.Home.Make(); err != nil {
		return Imported{}, failed("%w", err)
	}
	lock, err := c.Home.Lock()
	if errors.Is(err, ErrRunning) {
		return Imported{}, failed("Kith runs on this home").Hint("stop it first: kith quit")
	}
	if err != nil {
		return Imported{}, failed("%w", err)
	}
	defer lock.Close()
	return c.settleIn(e, s)
}

// settleIn puts everything in its place. The key comes last: without it the app
// says what is wrong and does not start as somebody else.
func (c ImportConfig) settleIn(e exported, s *Settings) (Imported, error) {
	out := Imported{Name: s.Name, App: e.App, Made: e.Made}
	draft := filepath.Join(c.Home.Data, "imported.pem")
	if err := writeWhole(draft, []byte(e.Key)); err != nil {
		return out, failed("%w", err)
	}
	defer os.Remove(draft)
	id, err := peer.LoadIdentity(draft)
	if err != nil {
		return out, failed("the key in it cannot be used: %w", err)
	}
	out.Device = id.ID()
	if err := c.move(s, e.User); err != nil {
		return out, err
	}
	if out.Aside, err = c.clear(); err != nil {
		return out, err
	}
	for _, f := range s.Folders {
		out.Folders = append(out.Folders, ImportedFolder{f.Name, f.Dir, c.furnish(f)})
	}
	file := settingsFile{path: c.Home.settingsFile()}
	if err := file.save(s); err != nil {
		return out, failed("%w", err)
	}
	if err := os.Rename(draft, c.Home.Key()); err != nil {
		return out, failed("%w", err)
	}
	return out, syncDirectory(c.Home.Data)
}

// move changes where the folders lie: to where a person says, and what lay in the
// person's home directory to the one that is here.
func (c ImportConfig) move(s *Settings, was string) error {
	for name := range c.Places {
		if !slices.ContainsFunc(s.Folders, func(f Shared) bool { return f.Name == name }) {
			return usage("there is no folder %q in it", name)
		}
	}
	for i := range s.Folders {
		f := &s.Folders[i]
		if to, said := c.Places[f.Name]; said {
			f.Dir = absolute(c.Cwd, to)
			continue
		}
		if rest, in := below(f.Dir, was); in && userHome() != "" {
			f.Dir = filepath.Join(userHome(), filepath.Join(rest...))
		}
	}
	return nil
}

// below returns what follows dir in path, both as some system writes them.
func below(path, dir string) (rest []string, ok bool) {
	separator := "/"
	if strings.Contains(dir, `\`) {
		separator = `\`
	}
	tail, ok := strings.CutPrefix(path, dir+separator)
	if dir == "" || !ok {
		return nil, false
	}
	return strings.Split(tail, separator), true
}

// furnish makes a directory ready for the folder it is to be, and returns what is
// in the way. What is not in the person's home directory may be on a drive that is
// not connected now; there only a person can say that it shall be made.
func (c ImportConfig) furnish(f Shared) string {
	_, said := c.Places[f.Name]
	if !filepath.IsAbs(f.Dir) {
		return "this system has no such place"
	}
	_, err := os.Stat(f.Dir)
	gone := errors.Is(err, fs.ErrNotExist)
	if user := userHome(); !said && (user == "" || !within(f.Dir, user)) {
		if gone {
			return "it is not there"
		}
		return "" // whether it is the folder is looked at when Kith starts
	}
	if gone {
		err = os.MkdirAll(f.Dir, 0o777)
	}
	if err == nil {
		err = c.MakeFolder(f.Dir, f.ID)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// clear sets aside what would be overwritten. An index without a key goes too:
// it tells what some other device has.
func (c ImportConfig) clear() (aside []string, err error) {
	h := c.Home
	owned := []string{h.Key(), h.settingsFile(), (&settingsFile{path: h.settingsFile()}).good()}
	var here []string
	for _, path := range append(owned, h.Index(), h.Index()+"-wal", h.Index()+"-shm", h.Activity()) {
		if _, err := os.Lstat(path); err == nil {
			here = append(here, path)
		}
	}
	if !c.Replace && slices.ContainsFunc(here, func(path string) bool { return slices.Contains(owned, path) }) {
		return nil, failed("there is an identity here already, in %s", h.Data).
			Hint("to be the imported one from now on, say --replace: what is here is set aside, not deleted")
	}
	stamp := "replaced-" + time.Now().UTC().Format("20060102-150405")
	for _, path := range here {
		dir := filepath.Join(filepath.Dir(path), stamp) // on the same volume
		if !slices.Contains(aside, dir) {
			if err := os.Mkdir(dir, 0o700); err != nil {
				return aside, failed("set aside what is here: %w", err)
			}
			aside = append(aside, dir)
		}
		if err := os.Rename(path, filepath.Join(dir, filepath.Base(path))); err != nil {
			return aside, failed("set aside what is here: %w", err)
		}
	}
	return aside, nil
}
