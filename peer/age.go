package peer

import (
	"errors"
	"fmt"

	"kith/index"
	"kith/peer/wire"
)

// apart says that two devices can't talk: one has a program that is too old. While
// the protocol's version is the same, all versions of the program can, since what
// one does not know it passes over.
type apart struct {
	theirs uint64 // version of the protocol
	app    string // version of the program there
}

func (e apart) Error() string {
	if e.theirs > wire.Version {
		return fmt.Sprintf("Kith here is too old to talk with it: Kith %s is there. Update Kith here", e.app)
	}
	return fmt.Sprintf("Kith there is too old: it is Kith %s. Update it there", e.app)
}

// toThem says the same to the people there. Whatever their version is, it shows the
// reason for a goodbye.
func (e apart) toThem(app string) string {
	if e.theirs > wire.Version {
		return fmt.Sprintf("its Kith is too old, update it there: Kith %s", app)
	}
	return fmt.Sprintf("Kith here is too old to talk with it, update Kith here: Kith %s is there", app)
}

// noteApart remembers of a caller with whom there can be no conversation why not.
func (b *Board) noteApart(device index.DeviceID, err error) {
	var why apart
	if !errors.As(err, &why) {
		return
	}
	b.mu.Lock()
	c := b.contactLocked(device)
	b.mu.Unlock()
	if c != nil {
		b.failed(c, err)
	}
}
