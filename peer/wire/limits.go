package wire

import (
	"errors"
	"fmt"
)

// What a message may hold at most. Who writes more gets ErrTooLarge; who reads
// more gets ErrMalformed, before anything of that size is allocated.
const (
	MaxControl = 64 << 10 // bytes in the body of a small message
	MaxBulk    = 1 << 20  // bytes in the body of Folders, Update, GiveBlocks and Fetch
	MaxPiece   = 16 << 20 // bytes of a file in a Piece, and in a block

	MaxFiles   = 1000  // entries in an Update
	MaxInline  = 8     // blocks in the list of an entry of an Update
	MaxBlocks  = 16384 // blocks in a GiveBlocks
	MaxWants   = 4096  // pieces in a Fetch
	MaxLists   = 1000  // memberships in Folders
	MaxMembers = 256   // members of a folder
	MaxTarget  = 4096  // bytes of what a symbolic link points to
	MaxText    = 256   // bytes in a name or a reason

	MaxSums      = 32 << 10 // bytes of the sums in a Release
	MaxSignature = 4 << 10  // bytes of the signature in a Release
)

// maxPieceHeader bounds what stands before the bytes of a Piece: the type, two
// varints and a text.
const maxPieceHeader = 1 + 10 + 10 + 2 + MaxText

var (
	// ErrMalformed is wrapped by every refusal of bytes that came from outside.
	ErrMalformed = errors.New("malformed message")
	// ErrTooLarge is wrapped when a message holds more than may be sent at once.
	ErrTooLarge = errors.New("message is too large")
	// ErrInvalid is wrapped when a message holds what the other side would refuse.
	ErrInvalid = errors.New("message is invalid")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrMalformed, fmt.Errorf(format, args...))
}

// limit returns how long the body of a frame of a type may be, in bytes.
func (t Type) limit() int {
	switch t {
	case TypeFolders, TypeUpdate, TypeGiveBlocks, TypeFetch:
		return MaxBulk
	case TypePiece:
		return maxPieceHeader + MaxPiece
	}
	return MaxControl
}
