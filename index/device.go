package index

import (
	"bytes"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// DeviceID names a device: the SHA-256 of its public key (as a DER
// SubjectPublicKeyInfo). Whoever cannot sign with that key cannot be it.
type DeviceID [32]byte

var idEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// String writes the ID as 52 lower-case base32 letters and digits.
func (d DeviceID) String() string { return strings.ToLower(idEncoding.EncodeToString(d[:])) }

// Brief returns the first 8 letters of the ID: enough for a person and a log.
func (d DeviceID) Brief() string { return d.String()[:8] }

// IsZero reports whether d was never set.
func (d DeviceID) IsZero() bool { return d == DeviceID{} }

// Compare orders IDs by their bytes.
func (d DeviceID) Compare(e DeviceID) int { return bytes.Compare(d[:], e[:]) }

// Short is the beginning of the ID as it stands in versions.
func (d DeviceID) Short() Short { return Short(binary.BigEndian.Uint64(d[:8])) }

// MarshalText and UnmarshalText make an ID a string in JSON and TOML.
func (d DeviceID) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *DeviceID) UnmarshalText(b []byte) error {
	id, err := ParseDeviceID(string(b))
	*d = id
	return err
}

// ParseDeviceID reads what String wrote, in either case.
func ParseDeviceID(s string) (DeviceID, error) {
	var d DeviceID
	b, err := idEncoding.DecodeString(strings.ToUpper(s))
	if err != nil || len(b) != len(d) || !strings.EqualFold(idEncoding.EncodeToString(b), s) {
		return DeviceID{}, fmt.Errorf("%q is not a device ID of 52 letters and digits", s)
	}
	copy(d[:], b)
	return d, nil
}

// Short is the first eight bytes of a DeviceID, big-endian. Versions carry it
// instead of the whole ID.
type Short uint64

func (s Short) String() string { return fmt.Sprintf("%016x", uint64(s)) }

// FolderID names a shared folder: 16 random bytes, drawn by its owner.
type FolderID [16]byte

// String writes the ID as 32 hex digits.
func (f FolderID) String() string { return hex.EncodeToString(f[:]) }

// Brief returns the first 8 digits of the ID.
func (f FolderID) Brief() string { return f.String()[:8] }

// IsZero reports whether f was never set.
func (f FolderID) IsZero() bool { return f == FolderID{} }

// MarshalText makes an ID a string in JSON and TOML.
func (f FolderID) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (f *FolderID) UnmarshalText(b []byte) error {
	id, err := ParseFolderID(string(b))
	*f = id
	return err
}

// ParseFolderID reads what String wrote.
func ParseFolderID(s string) (FolderID, error) {
	var f FolderID
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(f) {
		return FolderID{}, fmt.Errorf("%q is not a folder ID of 32 hex digits", s)
	}
	copy(f[:], b)
	return f, nil
}

// Role says what a member may do in a folder.
type Role uint8

// The roles.
const (
	Both    Role = iota + 1 // sends its changes and receives the others'
	Receive                 // receives only: the others do not take its changes
)

func (r Role) String() string {
	switch r {
	case Both:
		return "both"
	case Receive:
		return "receive"
	}
	return fmt.Sprintf("role %d", uint8(r))
}

// MarshalText writes the role as its word.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the word.
func (r *Role) UnmarshalText(b []byte) error {
	role, err := ParseRole(string(b))
	*r = role
	return err
}

// ParseRole reads "both" or "receive".
func ParseRole(s string) (Role, error) {
	switch s {
	case "both":
		return Both, nil
	case "receive":
		return Receive, nil
	}
	return 0, fmt.Errorf("%q is not a role: say both or receive", s)
}

// Member is one device of a folder's membership.
type Member struct {
	Device DeviceID `json:"device" toml:"device"`
	Name   string   `json:"name" toml:"name"` // as the owner knew it; stands in the names of conflict copies
	Role   Role     `json:"role" toml:"role"`
}
