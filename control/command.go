package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"

	"kith/index"
	"kith/syncer"
)

// Verb is something a person can tell the app to do.
type Verb string

// The verbs.
const (
	Pair      Verb = "pair"   // Device or Addr, or neither: wait to be asked
	Answer    Verb = "answer" // Pairing, Yes
	Unpair    Verb = "unpair" // Device
	Share     Verb = "share"  // Dir, Name, With, Role
	Accept    Verb = "accept" // Folder, Dir, Browse
	Decline   Verb = "decline"
	Leave     Verb = "leave"
	Pause     Verb = "pause" // Folder or all, For
	Resume    Verb = "resume"
	Scan      Verb = "scan" // Folder or all, Lenient
	Conflicts Verb = "conflicts"
	Resolve   Verb = "resolve"   // Folder, Path or All, Keep
	Unresolve Verb = "unresolve" // Folder, Path: the conflict copy as it was
	Versions  Verb = "versions"  // Folder, Path
	Restore   Verb = "restore"   // Folder, Path, Version, To
	Search    Verb = "search"    // Query, Folder or all, After, Limit
	List      Verb = "ls"        // Folder, Path, After, Limit
	Get       Verb = "get"       // Folder, Path: bring it here, and what comes to lie in it
	LetGo     Verb = "drop"      // Folder, Path: leave it to others
	Approve   Verb = "approve"
	Undo      Verb = "undo"
	Autostart Verb = "autostart" // On, or just look
	Ignore    Verb = "ignore"    // Folder; Text, if it is to be tried; Yes, to be kept
	Remove    Verb = "remove"    // Folder, Device
	Rename    Verb = "rename"    // Name, of this device
	Listening Verb = "listen"    // Addr
	Welcome   Verb = "welcome"
	Doctor    Verb = "doctor"
	Updates   Verb = "update" // From, Key: where to look from now on; or just look
	Open      Verb = "open"   // Place, Direct, For
	Quit      Verb = "quit"
)

// Command is a verb and what it is about. Folder is a name, the start of an ID,
// or a path on disk in a shared folder; Device a name or the start of an ID.
type Command struct {
	Verb    Verb     `json:"verb"`
	Folder  string   `json:"folder,omitempty"`
	Device  string   `json:"device,omitempty"`
	Addr    string   `json:"addr,omitempty"` // host or host:port
	Dir     string   `json:"dir,omitempty"`
	Name    string   `json:"name,omitempty"`
	With    []string `json:"with,omitempty"` // devices
	Role    string   `json:"role,omitempty"` // of With: both, receive
	For     int64    `json:"for_s,omitempty"`
	Path    string   `json:"path,omitempty"` // in Folder
	Keep    string   `json:"keep,omitempty"` // mine, theirs, both
	Version string   `json:"version,omitempty"`
	To      string   `json:"to,omitempty"` // file on disk
	Pairing string   `json:"pairing,omitempty"`
	Yes     bool     `json:"yes,omitempty"`
	On      *bool    `json:"on,omitempty"`      // nil: leave it, just look
	Lenient bool     `json:"lenient,omitempty"` // a folder that cannot be scanned now is no fault
	Text    *string  `json:"text,omitempty"`    // of ignore rules
	Make    bool     `json:"make,omitempty"`    // Dir, if it is not there
	Place   string   `json:"place,omitempty"`   // on the page: what follows the #, such as /conflicts
	Direct  bool     `json:"direct,omitempty"`  // a URL that needs no file; not for command lines
	Query   string   `json:"query,omitempty"`   // text to search for
	After   string   `json:"after,omitempty"`   // the last path of an answer that had more
	Limit   int      `json:"limit,omitempty"`   // entries in the answer; usually 200, at most 1000
	All     bool     `json:"all,omitempty"`     // of the conflicts of Folder
	Browse  bool     `json:"browse,omitempty"`  // keep nothing of the folder but what is asked for
	From    *string  `json:"from,omitempty"`    // address of a signed release; empty: look nowhere
	Key     *string  `json:"key,omitempty"`     // public key to verify releases with; empty: that of the makers
	Cwd     string   `json:"cwd,omitempty"`     // where relative paths start
}

// Reply is what came of a command.
type Reply struct {
	// Rev is a revision of the picture that shows what the command did.
	Rev uint64 `json:"rev"`
	// Text says it to a person. Names in it that came from others are not escaped.
	Text      string           `json:"text,omitempty"`
	Folder    *index.FolderID  `json:"folder,omitempty"`
	Pairing   string           `json:"pairing,omitempty"`
	Rules     *Rules           `json:"rules,omitempty"`
	URL       string           `json:"url,omitempty"` // opens the page, once, within a minute
	Conflicts []FolderConflict `json:"conflicts,omitempty"`
	Versions  []KeptVersion    `json:"versions,omitempty"`
	Entries   []FolderEntry    `json:"entries,omitempty"`
	More      bool             `json:"more,omitempty"` // there are more Entries than these
	Findings  []Finding        `json:"findings,omitempty"`
	Update    *Update          `json:"update,omitempty"`
}

// FolderConflict is a conflict copy that waits for a person.
type FolderConflict struct {
	Folder   string    `json:"folder"`
	ID       string    `json:"folder_id"`
	Path     string    `json:"path"`
	Copy     string    `json:"copy"`
	Device   string    `json:"device"`
	Modified time.Time `json:"modified"`
	Size     int64     `json:"size"`
	// File is what has the name; nil if nothing has it any more.
	File *ConflictFile `json:"file"`
	// CopyMine says that to keep mine is to keep the copy.
	CopyMine bool `json:"copy_mine"`
}

// ConflictFile is the file beside which a conflict copy lies.
type ConflictFile struct {
	Device   string    `json:"device"` // who made this version: not to be trusted
	Modified time.Time `json:"modified"`
	Size     int64     `json:"size"`
}

// KeptVersion is an earlier version of a path.
type KeptVersion struct {
	ID       string    `json:"id"`
	Path     string    `json:"path"`
	Kind     string    `json:"kind"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Replaced time.Time `json:"replaced"`
}

// maxCommand is how long the JSON of a command may be, in bytes.
const maxCommand = 1 << 20

// DecodeCommand reads the JSON of one command. It refuses fields it does not
// know: acting on half of what was asked is worse than not acting.
func DecodeCommand(r io.Reader) (Command, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxCommand+1))
	if err != nil {
		return Command{}, failed("read command: %w", err)
	}
	if len(body) > maxCommand {
		return Command{}, usage("read command: longer than %d bytes", maxCommand)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var c Command
	if err := d.Decode(&c); err != nil {
		return Command{}, usage("read command: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Command{}, usage("read command: something follows it")
	}
	return c, nil
}

// conflictRow and versionRow turn the engine's words into the door's.
func (d *Desk) conflictRow(f *Shared, c syncer.Conflict) FolderConflict {
	row := FolderConflict{
		Folder: f.Name, ID: f.ID.String(), Path: c.Path.String(), Copy: c.Copy.String(),
		Device: c.Device, Modified: time.Unix(0, c.Modified).UTC(), Size: c.Size, CopyMine: c.CopyMine,
	}
	if c.File.Live() {
		row.File = &ConflictFile{
			Device: d.authorIn(f, c.File.By), Modified: time.Unix(0, c.File.Modified).UTC(), Size: c.File.Size,
		}
	}
	return row
}

// authorIn returns the name of a member of a folder, or of this device.
func (d *Desk) authorIn(f *Shared, by index.Short) string {
	for _, m := range f.signed.Members {
		if m.Device.Short() == by {
			return d.nameOf(m.Device)
		}
	}
	return by.String()[:8]
}

func versionRow(k index.Kept) KeptVersion {
	return KeptVersion{
		ID: k.ID, Path: k.Path.String(), Kind: k.Kind.String(), Size: k.Size,
		Modified: time.Unix(0, k.Modified).UTC(), Replaced: time.Unix(0, k.Replaced).UTC(),
	}
}
