package control

import (
	"context"
	"slices"

	"kith/index"
	"kith/syncer"
)

// settled is a decision about a conflict that can be taken back.
type settled struct {
	folder index.FolderID
	what   syncer.Settled
}

// maxSettled is how many decisions can be taken back.
const maxSettled = 200

func (d *Desk) rememberSettled(id index.FolderID, s syncer.Settled) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settled = append(d.settled, settled{id, s})
	d.settled = d.settled[max(0, len(d.settled)-maxSettled):]
}

// unresolve takes back the latest decision about a conflict copy.
func (d *Desk) unresolve(ctx context.Context, c Command) (Reply, error) {
	f, p, err := d.pathOf(c)
	if err != nil {
		return Reply{}, err
	}
	last, ok := d.takeSettled(f.ID, p)
	if !ok {
		return Reply{}, failed("nothing was decided about %s lately", p).Hint("kith versions lists what was replaced")
	}
	if err := d.engine.Unresolve(ctx, f.ID, last.what); err != nil {
		return Reply{}, told("undo", err)
	}
	return Reply{Text: "Both versions of " + last.what.File.String() + " are back."}, nil
}

func (d *Desk) takeSettled(id index.FolderID, copy index.Path) (settled, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, s := range slices.Backward(d.settled) {
		if s.folder == id && s.what.Copy.Path == copy {
			d.settled = slices.Delete(d.settled, i, i+1)
			return s, true
		}
	}
	return settled{}, false
}
