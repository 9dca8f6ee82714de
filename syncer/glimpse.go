package syncer

import (
	"context"
	"errors"
	"io"

	"kith/index"
)

// Glimpse is a file as a person sees it for a moment: its first bytes.
type Glimpse struct {
	Data     []byte
	Size     int64 // bytes, of all of it
	Modified int64 // ns
}

// errNotFile says that there is nothing to look into.
var errNotFile = errors.New("it is not a file")

// Look returns up to most bytes of a file of the folder as it is on the disk.
func (e *Engine) Look(_ context.Context, id index.FolderID, p index.Path, most int64) (Glimpse, error) {
	_, tree, err := e.openFolder(id)
	if err != nil {
		return Glimpse{}, err
	}
	entry, err := tree.Stat(p)
	switch {
	case err != nil:
		return Glimpse{}, err
	case entry.Err != nil:
		return Glimpse{}, entry.Err
	case entry.Kind != index.Regular:
		return Glimpse{}, errNotFile
	}
	file, err := tree.Open(p, entry.Identity)
	if err != nil {
		return Glimpse{}, err
	}
	defer file.Close()
	data := make([]byte, min(most, entry.Size))
	n, err := file.ReadAt(data, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Glimpse{}, err
	}
	return Glimpse{data[:n], entry.Size, entry.Modified}, nil
}
