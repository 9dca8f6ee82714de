package control

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrRunning says that another instance already runs on this home.
var ErrRunning = errors.New("kith already runs here")

// Lock takes the home for this process until the lock is closed or the process
// ends, however it ends. It returns ErrRunning if another one has it.
func (h Home) Lock() (io.Closer, error) {
	f, err := os.OpenFile(h.lockFile(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock home: %w", err)
	}
	got, err := lockFile(f)
	if err == nil && !got {
		err = ErrRunning
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
