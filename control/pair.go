package control

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"kith/index"
	"kith/peer"
)

// PairingState is how far a pairing is.
type PairingState = peer.PairState

// The states of a pairing, so that a face needs to know only this package.
const (
	PairingAsking  = peer.PairAsking        // no code yet
	PairingWaiting = peer.PairWaiting       // for this side's person to compare the codes
	PairingThere   = peer.PairConfirmedHere // for the other side's person
	PairingDone    = peer.PairDone
	PairingFailed  = peer.PairFailed
)

// Live reports whether the pairing waits for this side's person.
func (p Pairing) Live() bool { return p.State == PairingWaiting }

// pair begins pairing with a device, and returns when there is a code. Without a
// device there is nothing to begin: who is asked sees it in the picture.
func (d *Desk) pair(ctx context.Context, c Command) (Reply, error) {
	if c.Device == "" && c.Addr == "" {
		return Reply{}, nil
	}
	device, addrs, err := d.whomToPair(ctx, c)
	if err != nil {
		return Reply{}, err
	}
	id, err := d.board.Pair(ctx, device, addrs)
	if err == nil {
		return Reply{Pairing: id}, nil
	}
	if id := d.asking(device); id != "" {
		return Reply{Pairing: id}, nil
	}
	return Reply{}, failed("%w", err).Hint("is Kith running there, and in the same network? kith devices")
}

// whomToPair returns the device that is meant, zero if only its address is
// known, and where it may be.
func (d *Desk) whomToPair(ctx context.Context, c Command) (index.DeviceID, []netip.AddrPort, error) {
	if c.Device == "" {
		addrs, err := resolve(ctx, c.Addr)
		return index.DeviceID{}, addrs, err
	}
	found, err := d.hub.Latest().FindDevice(c.Device, true)
	if err != nil {
		return index.DeviceID{}, nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return found.ID, d.nearby[found.ID].addrs, nil
}

// asking returns the pairing in which a device, or with a zero ID any, asks us:
// when both sides begin at once, one of the two goes on.
func (d *Desk) asking(device index.DeviceID) string {
	for _, p := range d.board.Pairings() {
		if p.Incoming && p.State == PairingWaiting && (device.IsZero() || p.Device == device) {
			return p.ID
		}
	}
	return ""
}

// resolve returns the addresses of a host, or host:port; without a port, with
// the usual one.
func resolve(ctx context.Context, addr string) ([]netip.AddrPort, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		host, text = strings.Trim(addr, "[]"), strconv.Itoa(peer.Port)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return nil, usage("%q is not a port", text)
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, failed("find the address of %s: %w", host, err).Hint("give the address in numbers, such as 10.0.0.7")
	}
	var out []netip.AddrPort
	for _, ip := range ips {
		out = append(out, netip.AddrPortFrom(ip.Unmap(), uint16(port)))
	}
	return out, nil
}

// answer passes on what the person said to the code.
func (d *Desk) answer(_ context.Context, c Command) (Reply, error) {
	if c.Pairing == "" {
		return Reply{}, usage("no pairing given")
	}
	if err := d.board.Answer(c.Pairing, c.Yes); err != nil {
		return Reply{}, failed("%w", err).Hint("try again: kith pair")
	}
	return Reply{}, nil
}

// paintPairings shows the pairings under way, and those just ended.
func (d *Desk) paintPairings() []Pairing {
	out := []Pairing{}
	for _, p := range d.board.Pairings() {
		out = append(out, Pairing{
			ID: p.ID, Device: p.Device, Name: cleanName(p.Name, maxDeviceName), Code: p.Code,
			Incoming: p.Incoming, State: p.State, Reason: p.Reason,
		})
	}
	return out
}

// paintConversations adds to the rows of devices how we stand to them.
func (d *Desk) paintConversations(rows map[index.DeviceID]Device) {
	for _, met := range d.board.Devices() {
		row, ok := rows[met.ID]
		if !ok {
			continue
		}
		row.Connected = met.Connected
		if met.Name != "" && row.VouchedBy == "" {
			row.Name = cleanName(met.Name, maxDeviceName)
		}
		if met.App != "" {
			row.Version = cleanName(met.App, maxDeviceName)
		}
		if met.LastError != nil && row.Paired && !met.Connected {
			row.Reason = whyAway(met.LastError)
		}
		if at := met.LastSeen.UTC().Truncate(time.Second); !met.Connected && at.After(row.LastSeen) {
			row.LastSeen = at
		}
		rows[met.ID] = row
	}
}
