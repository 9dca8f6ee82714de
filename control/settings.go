package control

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// Settings is what a person decided, and what was agreed with others. A Settings
// that is in use is never changed in place: Clone it, change that, save it.
type Settings struct {
	Name   string `toml:"name"`   // what this device calls itself
	Listen string `toml:"listen"` // address to listen on; empty: the usual one
	// LoginAsked says that a person decided whether the app is started at login.
	// It is never asked again, and never changed by anything else.
	LoginAsked bool `toml:"login_asked,omitempty"`

	Updates   string `toml:"updates,omitempty"`    // where to look for releases when asked to: https, or a file
	UpdateKey string `toml:"update_key,omitempty"` // to verify them with; empty: the key of the makers

	Welcomed bool       `toml:"welcomed,omitempty"` // a person was shown how to begin
	Folders  []Shared   `toml:"folder,omitempty"`
	Devices  []Paired   `toml:"device,omitempty"`
	Declined []Declined `toml:"declined,omitempty"`
	// Refused are devices that a person unpaired: nobody's list brings them back.
	Refused []index.DeviceID `toml:"refused,omitempty"`

	// strange holds what another version of Kith, or a person, wrote besides.
	strange map[string]any
	header  string // the comment at the top of the file
}

// Shared is a folder that this device takes part in.
type Shared struct {
	ID     index.FolderID `toml:"id"`
	Name   string         `toml:"name"`
	Dir    string         `toml:"dir"` // absolute
	Paused bool           `toml:"paused,omitempty"`
	Until  time.Time      `toml:"until"` // end of the pause; zero: until a person says so
	// Browse: this device keeps nothing of the folder but what a person asks for:
	// what lies at and below the paths in Keep, less those in Leave.
	Browse bool     `toml:"browse,omitempty"`
	Keep   []string `toml:"keep,omitempty"`
	Leave  []string `toml:"leave,omitempty"`
	// Entries is how many entries of each member's index are remembered; zero: the usual number.
	Entries int64 `toml:"entries,omitzero"`
	// List is the membership as its owner signed it, see ParseList. It is changed
	// by setList only.
	List string `toml:"list"`
	// Former are devices that this one, as owner, took from the list. They are
	// still sent the list, so that they learn of it.
	Former []index.DeviceID `toml:"former,omitempty"`

	signed wire.Membership // what List says
	broken error           // why it cannot be used, if so
}

// setList makes m the list of the folder.
func (f *Shared) setList(m wire.Membership) {
	f.List, f.signed, f.broken = FormatList(m), m, nil
}

// Paired is a device that people on both sides said yes to.
type Paired struct {
	ID        index.DeviceID `toml:"id"`
	Name      string         `toml:"name"`                // what it called itself last
	Addresses []string       `toml:"addresses,omitempty"` // ip:port, the latest first
	LastSeen  time.Time      `toml:"last_seen"`
}

// Declined is a folder that a person said no to, or left, when its list had the
// given serial number. A later list that names this device is a new offer.
type Declined struct {
	ID     index.FolderID `toml:"id"`
	Serial uint64         `toml:"serial"`
}

// Clone returns a copy that shares nothing that can be changed.
func (s *Settings) Clone() *Settings {
	c := *s
	c.Folders = slices.Clone(s.Folders)
	for i := range c.Folders {
		c.Folders[i].Former = slices.Clone(c.Folders[i].Former)
		c.Folders[i].Keep = slices.Clone(c.Folders[i].Keep)
		c.Folders[i].Leave = slices.Clone(c.Folders[i].Leave)
	}
	c.Devices = slices.Clone(s.Devices)
	for i := range c.Devices {
		c.Devices[i].Addresses = slices.Clone(c.Devices[i].Addresses)
	}
	c.Declined = slices.Clone(s.Declined)
	c.Refused = slices.Clone(s.Refused)
	c.strange = maps.Clone(s.strange)
	return &c
}

// Folder returns the folder with that ID, to be read or, in a Clone, changed.
func (s *Settings) Folder(id index.FolderID) (*Shared, bool) {
	i := slices.IndexFunc(s.Folders, func(f Shared) bool { return f.ID == id })
	if i < 0 {
		return nil, false
	}
	return &s.Folders[i], true
}

// Device returns the paired device with that ID, as Folder does a folder.
func (s *Settings) Device(id index.DeviceID) (*Paired, bool) {
	i := slices.IndexFunc(s.Devices, func(d Paired) bool { return d.ID == id })
	if i < 0 {
		return nil, false
	}
	return &s.Devices[i], true
}

// declinedAt returns the serial number at which a folder was declined, or zero.
func (s *Settings) declinedAt(id index.FolderID) uint64 {
	for _, d := range s.Declined {
		if d.ID == id {
			return d.Serial
		}
	}
	return 0
}

// decline remembers that a person said no to a folder.
func (s *Settings) decline(id index.FolderID, serial uint64) {
	s.undecline(id)
	s.Declined = append(s.Declined, Declined{id, serial})
}

func (s *Settings) undecline(id index.FolderID) {
	s.Declined = slices.DeleteFunc(s.Declined, func(d Declined) bool { return d.ID == id })
}

// maxAddresses is how many addresses of a device are remembered.
const maxAddresses = 8

// remember puts addresses of a device in front of those known before.
func (p *Paired) remember(addrs []netip.AddrPort) {
	var out []string
	for _, a := range append(texts(addrs), p.Addresses...) {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	p.Addresses = out[:min(len(out), maxAddresses)]
}

// addrs returns the addresses; what is none, by the hand of a person, is left out.
func (p *Paired) addrs() []netip.AddrPort {
	var out []netip.AddrPort
	for _, text := range p.Addresses {
		if a, err := netip.ParseAddrPort(text); err == nil {
			out = append(out, a)
		}
	}
	return out
}

func texts(addrs []netip.AddrPort) []string {
	out := make([]string, 0, len(addrs))
	for _, a := range addrs {
		out = append(out, a.String())
	}
	return out
}
