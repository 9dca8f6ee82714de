package control

import (
	"context"
	"net"
	"strconv"
	"strings"

	"kith/index"
)

// PairingState is how far a pairing is.
type PairingState string

// The states of a pairing.
const (
	PairingBegun  PairingState = "begun"  // no code yet
	PairingAsking PairingState = "asking" // this side's person is to compare the codes
	PairingWaits  PairingState = "waits"  // this side said yes, the other not yet
	PairingDone   PairingState = "done"
	PairingFailed PairingState = "failed"
)

// Live reports whether the pairing waits for this side's person.
func (p Pairing) Live() bool { return p.State == PairingAsking }

// pair begins pairing with a device, or opens this one for being asked.
func (d *Desk) pair(ctx context.Context, c Command) (Reply, error) {
	var device index.DeviceID
	var addrs []string
	switch {
	case c.Device != "":
		found, err := d.hub.Latest().FindDevice(c.Device, true)
		if err != nil {
			return Reply{}, err
		}
		device, addrs = found.ID, found.Addresses
	case c.Addr != "":
		addrs = []string{withPort(c.Addr)}
	}
	id, err := d.board.Pair(ctx, device, addrs)
	if err != nil {
		return Reply{}, failed("pair: %w", err).Hint("is Kith running there, and in the same network?")
	}
	return Reply{Pairing: id}, nil
}

// withPort adds the usual port to an address that has none.
func withPort(addr string) string {
	if _, _, err := net.SplitHostPort(addr); err == nil {
		return addr
	}
	return net.JoinHostPort(strings.Trim(addr, "[]"), strconv.Itoa(usualPort))
}

// answer passes on what the person said to the code.
func (d *Desk) answer(_ context.Context, c Command) (Reply, error) {
	if c.Pairing == "" {
		return Reply{}, usage("no pairing given")
	}
	if err := d.board.Answer(c.Pairing, c.Yes); err != nil {
		return Reply{}, failed("pair: %w", err).Hint("try again: kith pair")
	}
	return Reply{}, nil
}

// paintPairings shows the pairings under way, and those just ended.
func (d *Desk) paintPairings() []Pairing {
	out := []Pairing{}
	for _, p := range d.board.Pairings() {
		p.Name = cleanName(p.Name, maxDeviceName)
		out = append(out, p)
	}
	return out
}

// paintConversations adds to the rows of devices how we stand to them.
func (d *Desk) paintConversations(rows map[index.DeviceID]Device) {
	for _, c := range d.board.Conversations() {
		row, ok := rows[c.Device]
		if !ok {
			continue
		}
		row.Connected, row.Reason = c.Connected, c.Reason
		if c.Name != "" {
			row.Name = cleanName(c.Name, maxDeviceName)
		}
		rows[c.Device] = row
	}
}
