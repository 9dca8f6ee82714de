package control

import (
	"errors"
	"net/netip"
	"slices"

	"kith/index"
	"kith/peer"
)

// A home that was copied to another machine, or brought back there from a backup,
// makes two machines with one key. The others can't tell them apart: what one
// says would be taken for the word of the other. So each that notices stops all
// folders until a person says which of the two goes on.

// twin is another machine with the key of this one.
type twin struct {
	met  bool
	addr netip.Addr // where it was met; the zero value if that is not known
}

// watchForTwin stops the folders as soon as the board has met our own key.
func (d *Desk) watchForTwin() {
	for _, met := range d.board.Devices() {
		if met.ID == d.self() && errors.Is(met.LastError, peer.ErrClone) && !d.twin().met {
			found := twin{met: true}
			if len(met.Addrs) > 0 {
				found.addr = met.Addrs[0].Addr()
			}
			d.setTwin(found)
			p := found.problem()
			d.note(Entry{Verb: "stopped", Detail: p.Reason})
		}
	}
}

// watchForTwins takes note of other devices whose key two machines use, as the
// board has found out. The board speaks with neither.
func (d *Desk) watchForTwins() {
	met := map[index.DeviceID]bool{}
	for _, p := range d.board.Devices() {
		if errors.Is(p.LastError, peer.ErrTwins) {
			met[p.ID] = true
		}
	}
	d.mu.Lock()
	before := d.twins
	d.twins = met
	d.mu.Unlock()
	for id := range met {
		if !before[id] {
			d.note(Entry{Verb: "stopped", Device: d.nameOf(id), Detail: twinsProblem(d.nameOf(id)).Reason})
		}
	}
}

// paintTwins tells of other devices whose key two machines use.
func (d *Desk) paintTwins() (out []Problem) {
	d.mu.Lock()
	var ids []index.DeviceID
	for id := range d.twins {
		ids = append(ids, id)
	}
	d.mu.Unlock()
	slices.SortFunc(ids, index.DeviceID.Compare)
	for _, id := range ids {
		out = append(out, twinsProblem(d.nameOf(id)))
	}
	return out
}

func twinsProblem(name string) Problem {
	return Problem{
		Reason: "two machines use the key of " + name + ": one was made from a copy or a backup of the other. This device speaks with neither",
		Next: "decide which of the two shall be " + name + ". On the other one: stop Kith, move its key.pem and config.toml away, start it and pair it anew. " +
			"A minute later it goes on by itself",
	}
}

// forgetTwin goes on: a person says so. Should the other machine still be there,
// it is met again.
func (d *Desk) forgetTwin() {
	if d.twin().met {
		d.board.Forget(d.self())
		d.setTwin(twin{})
	}
}

func (d *Desk) twin() twin {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.double
}

func (d *Desk) setTwin(t twin) {
	d.mu.Lock()
	d.double = t
	d.mu.Unlock()
	d.settle()
}

func (t twin) problem() Problem {
	where := ""
	if t.addr.IsValid() {
		where = " (at " + t.addr.String() + ")"
	}
	return Problem{
		Reason: "another machine" + where + " uses the key of this device: it was made from a copy or a backup of this one, or this one of it. " +
			"All folders have stopped on both",
		Next: "decide which of the two shall be this device. On the other one: stop Kith, move its key.pem and config.toml away, start it and pair it anew. " +
			"Then here: kith resume",
	}
}
