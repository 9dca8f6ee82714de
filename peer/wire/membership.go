package wire

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"kith/index"
)

// memberships packs the lists of Folders: how many, then each with its length.
type memberships []Membership

func (l *memberships) empty() bool { return len(*l) == 0 }

func (l *memberships) check() error {
	if len(*l) > MaxLists {
		return fmt.Errorf("%w: %d folders", ErrTooLarge, len(*l))
	}
	for i := range *l {
		var e encoder
		if (*l)[i].fields(&e); e.err != nil {
			return e.err
		}
	}
	return nil
}

func (l *memberships) put(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(*l)))
	for i := range *l {
		e := encoder{parsed: true}
		(*l)[i].fields(&e)
		b = binary.AppendUvarint(b, uint64(len(e.b)))
		b = append(b, e.b...)
	}
	return b
}

func (l *memberships) get(b []byte) error {
	c := cut{b: b}
	n := c.count(MaxLists, 1)
	for range n {
		d := decoder{rest: c.bytes(c.count(MaxBulk, 1))}
		d.next()
		var m Membership
		m.fields(&d)
		if d.err != nil {
			return d.err
		}
		*l = append(*l, m)
	}
	if !c.done() {
		return malformed("list of folders")
	}
	return nil
}

// The tag of the signature comes after all that is signed in this version.
const tagSignature = 7

func (m *Membership) fields(c coder) {
	m.signedFields(c)
	c.bytes(tagSignature, ed25519.SignatureSize, &m.Signature)
	c.unknown(&m.Unknown)
}

func (m *Membership) signedFields(c coder) {
	c.exact(1, m.Folder[:])
	c.text(2, MaxText, &m.Name)
	c.exact(3, m.Owner[:])
	c.bytes(4, ed25519.PublicKeySize, &m.OwnerKey)
	c.number(5, ^uint64(0), &m.Serial)
	c.list(6, (*members)(&m.Members))
}

// Signed returns the bytes that the owner signs: all fields but the signature,
// those of later versions included, after a text that no other signature has.
func (m *Membership) Signed() []byte {
	e := encoder{b: []byte("kith folder membership v1\x00")}
	m.signedFields(&e)
	return append(e.b, m.Unknown...)
}

// Verify tells whether the list was signed by the owner it names, and is one
// that can be sent: no device twice, only roles that exist.
func (m *Membership) Verify() error {
	switch {
	case len(m.OwnerKey) != ed25519.PublicKeySize || DeviceOf(m.OwnerKey) != m.Owner:
		return fmt.Errorf("verify folder %s: the key is not the owner's", m.Folder.Brief())
	case !ed25519.Verify(m.OwnerKey, m.Signed(), m.Signature):
		return fmt.Errorf("verify folder %s: the signature is not the owner's", m.Folder.Brief())
	}
	seen := make(map[index.DeviceID]bool, len(m.Members))
	for _, x := range m.Members {
		if seen[x.Device] {
			return fmt.Errorf("verify folder %s: %s is a member twice", m.Folder.Brief(), x.Device.Brief())
		}
		seen[x.Device] = true
	}
	return nil
}

// DeviceOf returns the ID of the device with a public key: the SHA-256 of the
// key as a DER SubjectPublicKeyInfo (RFC 8410).
func DeviceOf(key ed25519.PublicKey) index.DeviceID {
	const prefix = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
	return sha256.Sum256(append([]byte(prefix), key...))
}

// members packs a member list: how many, then of each the device, the role and
// the name with its length.
type members []index.Member

func (l *members) empty() bool { return len(*l) == 0 }

func (l *members) check() error {
	if len(*l) > MaxMembers {
		return fmt.Errorf("%w: %d members", ErrTooLarge, len(*l))
	}
	for _, m := range *l {
		if err := checkMember(m); err != nil {
			return err
		}
	}
	return nil
}

func (l *members) put(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(*l)))
	for _, m := range *l {
		b = append(b, m.Device[:]...)
		b = append(b, byte(m.Role))
		b = binary.AppendUvarint(b, uint64(len(m.Name)))
		b = append(b, m.Name...)
	}
	return b
}

func (l *members) get(b []byte) error {
	c := cut{b: b}
	n := c.count(MaxMembers, 34)
	for range n {
		var m index.Member
		copy(m.Device[:], c.bytes(len(m.Device)))
		m.Role = index.Role(c.byte())
		m.Name = string(c.bytes(c.count(MaxText, 1)))
		if err := checkMember(m); err != nil {
			return err
		}
		*l = append(*l, m)
	}
	if !c.done() {
		return malformed("list of members")
	}
	return nil
}

func checkMember(m index.Member) error {
	switch {
	case m.Device.IsZero():
		return errors.New("member without a device")
	case m.Role != index.Both && m.Role != index.Receive:
		return fmt.Errorf("member with %v", m.Role)
	}
	return checkText(m.Name, MaxText)
}
