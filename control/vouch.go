package control

import (
	"slices"

	"kith/index"
)

// The members of a folder need not be paired with each other: its owner, with
// whom both are, put them on one list, and so vouches for each to the others.
// They talk directly, for that folder only. What comes from such a device is
// never an offer, and it is told no list in which it does not stand.

// voucher returns who vouches for a device: the owner of a folder of ours in
// whose list it stands. The owner has to be paired with us still, and nobody
// brings back a device that a person here unpaired.
func (s *Settings) voucher(device index.DeviceID) (owner index.DeviceID, ok bool) {
	if slices.Contains(s.Refused, device) {
		return owner, false
	}
	for _, f := range s.Folders {
		if f.broken != nil || f.signed.Owner == device {
			continue // who owns a folder has to be paired: it cannot vouch for itself
		}
		if _, paired := s.Device(f.signed.Owner); !paired {
			continue
		}
		if _, on := member(f.signed, device); on {
			return f.signed.Owner, true
		}
	}
	return owner, false
}

// reachNearby has those called that are near, and may be talked with by now.
func (d *Desk) reachNearby() {
	d.mu.Lock()
	near := make(map[index.DeviceID]sighting, len(d.nearby))
	for id, n := range d.nearby {
		near[id] = n
	}
	d.mu.Unlock()
	for id, n := range near {
		if d.Allowed(id) {
			d.board.Reach(id, n.addrs)
		}
	}
}

// paintVouched adds the devices that others vouch for.
func (d *Desk) paintVouched(s *Settings, rows map[index.DeviceID]Device) {
	for _, f := range s.Folders {
		for _, m := range f.signed.Members {
			owner, vouched := s.voucher(m.Device)
			row, seen := rows[m.Device]
			if !vouched || m.Device == d.self() || row.Paired {
				continue
			}
			if !seen {
				row.ID = m.Device
			}
			row.Name, row.VouchedBy = cleanName(m.Name, maxDeviceName), d.nameOf(owner) // not what it calls itself
			rows[m.Device] = row
		}
	}
}
