package disk

import (
	"errors"
	"fmt"
)

// clockName is a draft that is written to see what time it gets.
const clockName = "clock"

// Now returns the time that the disk gives to what is written now, in ns. Some disks go
// by the clock of another machine.
func (t *Tree) Now() (int64, error) {
	t.ticking.Lock()
	defer t.ticking.Unlock()
	if err := t.drafts.unlink(clockName); err != nil && !isNotExist(err) {
		return 0, fmt.Errorf("ask the disk for the time: %w", err)
	}
	f, err := t.drafts.create(clockName, 0o600)
	if err != nil {
		return 0, fmt.Errorf("ask the disk for the time: %w", err)
	}
	_, err = f.WriteAt([]byte{0}, 0)
	err = errors.Join(err, f.Close())
	n, lookErr := t.drafts.lstat(clockName)
	if err = errors.Join(err, lookErr, t.drafts.unlink(clockName)); err != nil {
		return 0, fmt.Errorf("ask the disk for the time: %w", err)
	}
	return max(n.id.Modified, n.id.Changed), nil
}
