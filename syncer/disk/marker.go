package disk

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"kith/index"
)

const markerName = "root.json"

// marker says which folder a directory is. It is written once and never made
// anew by itself: a directory without it is not the folder.
type marker struct {
	Folder   index.FolderID `json:"folder"`
	Instance string         `json:"instance"` // drawn when the marker was written
	Created  time.Time      `json:"created"`
}

// Create makes dir the place of a folder: the directory itself if it is
// missing, and Kith's own directory with its marker. A directory that already
// is the folder stays as it is; one that is another folder is refused.
func Create(path string, folder index.FolderID) error {
	if err := create(path, folder); err != nil {
		return fmt.Errorf("create folder %s: %w", path, err)
	}
	return nil
}

func create(path string, folder index.FolderID) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	root, err := openPlace(path)
	if err != nil {
		return err
	}
	defer root.close()
	own, err := root.ensure(index.Own)
	if err != nil {
		return err
	}
	defer own.close()
	switch m, err := readMarker(own); {
	case err == nil && m.Folder == folder:
		return nil
	case err == nil:
		return fmt.Errorf("it is already the shared folder %s", m.Folder.Brief())
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := writeMarker(own, folder); err != nil {
		return err
	}
	return errors.Join(own.sync(), root.sync())
}

func writeMarker(own *dir, folder index.FolderID) error {
	var instance [16]byte
	rand.Read(instance[:])
	text, err := json.Marshal(marker{folder, hex.EncodeToString(instance[:]), time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	const draft = markerName + ".new"
	if err := own.unlink(draft); err != nil && !isNotExist(err) {
		return err
	}
	if err := writeWhole(own, draft, text); err != nil {
		return err
	}
	return own.rename(draft, own, markerName)
}

// writeWhole makes a small file of ours, durably, or none.
func writeWhole(d *dir, name string, text []byte) error {
	f, err := d.create(name, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(text, 0)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		err = errors.Join(err, d.unlink(name))
	}
	return err
}

func readMarker(own *dir) (marker, error) {
	var m marker
	text, err := readWhole(own, markerName)
	if err != nil {
		return m, fmt.Errorf("read marker: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("read marker: %w", err)
	}
	return m, nil
}

// readWhole reads a small file of ours.
func readWhole(d *dir, name string) ([]byte, error) {
	f, err := d.read(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if at, err := statFile(f); err != nil || at.kind != index.Regular {
		return nil, errors.Join(err, errSpecial)
	}
	return io.ReadAll(io.LimitReader(f, 64<<10))
}
