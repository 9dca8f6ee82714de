package control

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Home says where one instance of Kith keeps its things.
type Home struct {
	Config string // directory of the settings
	Data   string // directory of the key, the index and the logs
	Run    string // directory of the socket
}

// FindHome returns the home in dir, which then holds everything, or without dir
// the places that the system has for such things. It makes nothing.
func FindHome(dir string) (Home, error) {
	if dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return Home{}, fmt.Errorf("find home %s: %w", dir, err)
		}
		return Home{Config: abs, Data: abs, Run: abs}, nil
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return Home{}, fmt.Errorf("find home: %w", err)
	}
	config = filepath.Join(config, "kith")
	switch runtime.GOOS {
	case "windows":
		data, err := os.UserCacheDir() // %LocalAppData%, which does not roam
		if err != nil {
			return Home{}, fmt.Errorf("find home: %w", err)
		}
		data = filepath.Join(data, "kith")
		return Home{Config: config, Data: data, Run: data}, nil
	case "darwin":
		return Home{Config: config, Data: config, Run: config}, nil
	}
	return xdgHome(config)
}

func xdgHome(config string) (Home, error) {
	data := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) {
		user, err := os.UserHomeDir()
		if err != nil {
			return Home{}, fmt.Errorf("find home: %w", err)
		}
		data = filepath.Join(user, ".local", "share")
	}
	h := Home{Config: config, Data: filepath.Join(data, "kith")}
	h.Run = filepath.Join(h.Data, "run")
	if run := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(run) {
		h.Run = filepath.Join(run, "kith")
	}
	return h, nil
}

// The files of a home.
func (h Home) settingsFile() string { return filepath.Join(h.Config, "config.toml") }
func (h Home) lockFile() string     { return filepath.Join(h.Data, "kith.lock") }
func (h Home) noteOfSocket() string { return filepath.Join(h.Data, "kith.sock.path") }

// Key is the file of the device's private key.
func (h Home) Key() string { return filepath.Join(h.Data, "key.pem") }

// releaseFile is what is known of the newest release of the program.
func (h Home) releaseFile() string { return filepath.Join(h.Data, "release.json") }

// Index is the file of the database.
func (h Home) Index() string { return filepath.Join(h.Data, "index.db") }

// Room returns how many bytes are free where the database lies; negative: unknown.
func (h Home) Room() int64 { return freeSpace(h.Data) }

// Log is the file of the log; older parts stand beside it.
func (h Home) Log() string { return filepath.Join(h.Data, "kith.log") }

// Activity is the file of what happened, as JSON lines.
func (h Home) Activity() string { return filepath.Join(h.Data, "activity.jsonl") }

// Make makes the directories of the home, for nobody's eyes but ours.
func (h Home) Make() error {
	for _, dir := range []string{h.Config, h.Data, h.Run} {
		if err := ownDirectory(dir); err != nil {
			return err
		}
	}
	return nil
}

// ownDirectory makes dir if it is missing, and closes it to everybody else. It
// refuses a directory that belongs to another user.
func ownDirectory(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make home: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at home: %w", err)
	}
	if !ours(info) {
		return fmt.Errorf("use %s as home: it belongs to another user", dir)
	}
	if runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("close home to others: %w", err)
	}
	return nil
}

// ownAmongOthers is ownDirectory where others may make things too, as in /tmp: a
// link that somebody laid there leads to nothing that would be closed.
func ownAmongOthers(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make a place for the socket: %w", err)
	}
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("use %s for the socket: it is not a plain directory", dir)
	}
	return ownDirectory(dir)
}

// maxSocketPath is what fits into a socket address on every system: macOS and
// the BSDs have room for 104 bytes with the final zero, Linux for 108.
const maxSocketPath = 103

// socketHere returns where this home's socket shall lie. A path too long for a
// socket address is replaced by one in a short directory, which is noted in the
// home for those who look for it.
func (h Home) socketHere() (string, error) {
	path := filepath.Join(h.Run, "kith.sock")
	note := h.noteOfSocket()
	if len(path) <= maxSocketPath {
		if err := os.Remove(note); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("remove note of the socket: %w", err)
		}
		return path, nil
	}
	sum := sha256.Sum256([]byte(path))
	dir := filepath.Join(shortDir(), "kith-"+hex.EncodeToString(sum[:6]))
	if err := ownAmongOthers(dir); err != nil {
		return "", err
	}
	short := filepath.Join(dir, "kith.sock")
	if len(short) > maxSocketPath {
		return "", fmt.Errorf("place the socket: %s and %s are both too long", path, short)
	}
	return short, writeWhole(note, []byte(short+"\n"))
}

func shortDir() string {
	if run := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(run) {
		return run
	}
	return os.TempDir()
}

// socketThere returns where the socket of a running instance is to be found.
func (h Home) socketThere() string {
	if note, err := os.ReadFile(h.noteOfSocket()); err == nil {
		return strings.TrimSpace(string(note))
	}
	return filepath.Join(h.Run, "kith.sock")
}

// LoadIdentity loads this device's key by means of load, which makes a new key
// where there is none. Where settings name other devices, a key was there once:
// then a missing one is a loss that a person should know of, not the first start.
func LoadIdentity[I any](h Home, load func(path string) (I, error)) (id I, err error) {
	_, err = os.Lstat(h.Key())
	if errors.Is(err, fs.ErrNotExist) {
		file := settingsFile{path: h.settingsFile()}
		s, _, err := file.load()
		if err != nil {
			return id, err
		}
		if len(s.Devices)+len(s.Folders) > 0 {
			return id, failed("the key of this device, %s, is gone", h.Key()).
				Hint("bring it back from a backup; or move %s away too, to start as a new device", h.settingsFile())
		}
	}
	return load(h.Key())
}
