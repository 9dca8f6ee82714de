package control

import (
	"encoding/base64"
	"errors"
	"fmt"

	"kith/peer/wire"
)

// FormatList writes a signed list of members as text for the settings file: the
// message in which it travels, in base64.
func FormatList(m wire.Membership) string {
	b, err := wire.Append(nil, &wire.Folders{Lists: []wire.Membership{m}})
	if err != nil {
		panic(fmt.Sprintf("format list of members: %v", err)) // it was checked when it was signed or heard
	}
	return base64.StdEncoding.EncodeToString(b)
}

// ParseList reads what FormatList wrote, and verifies the signature: the file
// may have been edited.
func ParseList(text string) (wire.Membership, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return wire.Membership{}, fmt.Errorf("read list of members: %w", err)
	}
	m, err := wire.Parse(b)
	if err != nil {
		return wire.Membership{}, fmt.Errorf("read list of members: %w", err)
	}
	folders, ok := m.(*wire.Folders)
	if !ok || len(folders.Lists) != 1 {
		return wire.Membership{}, errors.New("read list of members: it is something else")
	}
	return folders.Lists[0], folders.Lists[0].Verify()
}
