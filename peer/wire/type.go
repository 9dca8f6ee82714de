package wire

import "strconv"

// Type is the first byte of a frame's body: which message it is.
type Type uint8

// The types. Numbers are never reused. Numbers from Skippable on are for messages
// that a device which does not know them may pass over.
const (
	TypeHello       Type = 1
	TypeFolders     Type = 2
	TypeSubscribe   Type = 3
	TypeUnsubscribe Type = 4
	TypeUpdate      Type = 5
	TypeWantBlocks  Type = 6
	TypeGiveBlocks  Type = 7
	TypeFetch       Type = 8
	TypePiece       Type = 9
	TypeCancel      Type = 10
	TypePing        Type = 11
	TypePong        Type = 12
	TypeBye         Type = 13
	Skippable       Type = 128
	TypeRelease     Type = 128
)

// Unknown holds the fields of a message that this version does not know, as
// they came, so that the message can be written back byte for byte.
type Unknown []byte

// Type tells which message it is.
func (*Hello) Type() Type       { return TypeHello }
func (*Folders) Type() Type     { return TypeFolders }
func (*Subscribe) Type() Type   { return TypeSubscribe }
func (*Unsubscribe) Type() Type { return TypeUnsubscribe }
func (*Update) Type() Type      { return TypeUpdate }
func (*WantBlocks) Type() Type  { return TypeWantBlocks }
func (*GiveBlocks) Type() Type  { return TypeGiveBlocks }
func (*Fetch) Type() Type       { return TypeFetch }
func (*Piece) Type() Type       { return TypePiece }
func (*Cancel) Type() Type      { return TypeCancel }
func (*Ping) Type() Type        { return TypePing }
func (*Pong) Type() Type        { return TypePong }
func (*Bye) Type() Type         { return TypeBye }
func (*Release) Type() Type     { return TypeRelease }

func (t Type) String() string {
	names := [...]string{
		TypeHello: "Hello", TypeFolders: "Folders", TypeSubscribe: "Subscribe", TypeUnsubscribe: "Unsubscribe",
		TypeUpdate: "Update", TypeWantBlocks: "WantBlocks", TypeGiveBlocks: "GiveBlocks", TypeFetch: "Fetch",
		TypePiece: "Piece", TypeCancel: "Cancel", TypePing: "Ping", TypePong: "Pong", TypeBye: "Bye",
		TypeRelease: "Release",
	}
	if int(t) < len(names) && names[t] != "" {
		return names[t]
	}
	return "message " + strconv.Itoa(int(t))
}
