package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"filippo.io/age"

	"kith/peer"
)

// What makes this device the one it is, for the move to another machine or for
// the safe: its key and its settings. No files of a person's, and no index: see
// Import. It is JSON, encrypted by a passphrase as age does it
// (https://age-encryption.org/v1, recipient "scrypt"), so that age itself can open
// it, should Kith be gone.
type exported struct {
	Format   int       `json:"format"`
	App      string    `json:"app"` // version of the program that wrote it
	Made     time.Time `json:"made"`
	User     string    `json:"user_home"` // home directory of the person, there
	Key      string    `json:"key"`       // text of key.pem
	Settings string    `json:"settings"`  // text of config.toml
}

// exportFormat is the format written here, and the newest one that is read.
const exportFormat = 1

// maxExport is how long an exported identity may be, in bytes.
const maxExport = 16 << 20

// scryptWork is how dear one guess of a passphrase is: 2^18 is about a second.
var scryptWork = 18

// MinPassphrase is how long a passphrase must be, in characters.
const MinPassphrase = 8

// Export writes the identity and the settings of a home into a new file that only
// this person can read, and only with the passphrase. The app may be running.
func Export(h Home, version, path, passphrase string) error {
	if len([]rune(passphrase)) < MinPassphrase {
		return usage("the passphrase is too short: whoever has it and the file is this device").
			Hint("take at least %d characters; a few words that nobody would guess are best", MinPassphrase)
	}
	content, err := h.gather(version)
	if err != nil {
		return err
	}
	sealed, err := encrypt(content, passphrase)
	if err != nil {
		return failed("encrypt: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return failed("%s is there already", path).Hint("choose another name, or move that file away")
	}
	if err != nil {
		return failed("write: %w", err)
	}
	_, err = f.Write(sealed)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return failed("write %s: %w", path, errors.Join(err, os.Remove(path)))
	}
	return nil
}

// gather reads what is exported, and makes sure that it is sound.
func (h Home) gather(version string) ([]byte, error) {
	key, err := os.ReadFile(h.Key())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, failed("there is no identity in %s yet", h.Data).Hint("start Kith once: kith run")
	}
	if err != nil {
		return nil, failed("read the key: %w", err)
	}
	if _, err := peer.LoadIdentity(h.Key()); err != nil {
		return nil, failed("%w", err)
	}
	file := settingsFile{path: h.settingsFile()}
	s, _, err := file.load()
	if err != nil {
		return nil, failed("%w", err)
	}
	text, err := s.Format()
	if err != nil {
		return nil, failed("%w", err)
	}
	return json.Marshal(exported{
		Format: exportFormat, App: version, Made: time.Now().UTC().Truncate(time.Second),
		User: userHome(), Key: string(key), Settings: string(text),
	})
}

func encrypt(content []byte, passphrase string) ([]byte, error) {
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, err
	}
	to.SetWorkFactor(scryptWork)
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(content)
	if err = errors.Join(err, w.Close()); err != nil { // only then is all of it there
		return nil, err
	}
	return out.Bytes(), nil
}

// openExport reads what Export wrote.
func openExport(r io.Reader, passphrase string) (exported, error) {
	var e exported
	with, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return e, usage("%v", err)
	}
	plain, err := age.Decrypt(io.LimitReader(r, maxExport), with)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return e, failed("the passphrase is another one").Hint("mind upper and lower case, and the layout of the keyboard")
	}
	if err != nil {
		return e, failed("it was not made by kith export, or is damaged: %v", err)
	}
	content, err := io.ReadAll(plain)
	if err != nil {
		return e, failed("it is damaged: %w", err).Hint("take another copy of the file")
	}
	var head struct {
		Format int    `json:"format"`
		App    string `json:"app"`
	}
	if err := json.Unmarshal(content, &head); err != nil || head.Format < 1 {
		return e, failed("what is in it was not made by kith export")
	}
	if head.Format > exportFormat {
		return e, failed("it was made by a later version of Kith (%s), in a form that this one does not know", cleanName(head.App, maxFolderName)).
			Hint("install that version here first, then import again")
	}
	if err := json.Unmarshal(content, &e); err != nil {
		return e, fmt.Errorf("read what was exported: %w", err)
	}
	return e, nil
}
