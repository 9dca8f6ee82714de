// Package doctor says why devices cannot see each other, or what else is wrong,
// from what was observed.
//
// It is pure: the same Evidence always gives the same Findings. Each says what is
// the matter in words for people, why that is thought, and what to do, with the
// command to copy where there is one.
package doctor

import (
	"net/netip"
	"time"
)

// Finding is one thing that was found.
type Finding struct {
	Level   Level  `json:"level"`
	What    string `json:"what"`
	Why     string `json:"why,omitempty"`
	Next    string `json:"next,omitempty"`
	Command string `json:"command,omitempty"` // to copy; it does what Next says
}

// Level says how much a finding matters.
type Level string

// The levels.
const (
	OK      Level = "ok"
	Note    Level = "note"    // good to know; nothing is wrong
	Warning Level = "warning" // something does not work as it should
	Error   Level = "error"   // this keeps devices apart, or files from being in step
)

// Wrong reports whether any of the findings says that something is wrong.
func Wrong(all []Finding) bool {
	for _, f := range all {
		if f.Level == Warning || f.Level == Error {
			return true
		}
	}
	return false
}

// Evidence is what was observed.
type Evidence struct {
	System    string // as in runtime.GOOS
	Program   string // path of the program, for rules of firewalls
	Port      int    // TCP; zero: it does not listen
	Loopback  bool   // it was told to be reached from this machine only
	Unchecked string // why the network could not be looked at

	Interfaces []Interface
	Multicast  Channel
	Broadcast  Channel
	// OwnPort: a connection to our port at an address of ours succeeds.
	OwnPort   bool
	Firewalls []Firewall // that are switched on
	Profiles  []Firewall // that know Kith's ports by its name
	Devices   []Device
	Watches   int // how many directories may be watched; zero: unknown or without limit
	Folders   []Folder
}

// Interface is one that is used.
type Interface struct {
	Name  string
	Addrs []netip.Prefix
}

// Channel is a way of being seen.
type Channel struct {
	Own    bool // what this machine sent came back to it
	None   bool // there is nothing to try it on
	Others int  // devices heard by it lately
	Failed string
}

// Device is another device, paired or nearby.
type Device struct {
	Name      string
	Paired    bool
	Connected bool
	Heard     bool // it announces itself just now
	LastSeen  time.Time
	Addrs     []netip.AddrPort
	Reason    string // why there is no conversation, as the conversation says
	Answer    Answer
	CallBack  CallBack
	Ahead     time.Duration // by how much its clock is ahead of ours
}

// Answer is what came of calling a device.
type Answer int

// What can come of it.
const (
	NotCalled Answer = iota // no address is known
	Answered                // it is there, and told CallBack and Ahead
	NoAnswer                // nobody answered, or there is no way to it
	Closed                  // the machine answered, but nothing listens there
	Foreign                 // something else answered, or an older version
)

// CallBack is what came of its calling us.
type CallBack int

// What can come of it.
const (
	CallBackUnknown CallBack = iota
	CallBackReached
	CallBackSilent
	CallBackClosed
	CallBackForeign
)

// Folder is a shared folder.
type Folder struct {
	Name, Dir string
	State     string // in words
	Reason    string // why it is not in step
	Next      string
	Bad       bool  // State keeps it from being in step until somebody acts
	Free      int64 // bytes on its volume; negative: unknown
	Need      int64 // bytes still to come
	Conflicts int
	Problems  []Problem
	More      int // problems beyond those listed
}

// Problem is a path that is not in step.
type Problem struct{ Path, Reason, Next string }

// Diagnose returns the findings, those that matter most first within each topic:
// network, devices, this machine, folders.
func Diagnose(e Evidence) []Finding {
	d := diagnosis{Evidence: e}
	if d.Broadcast.None { // then it is neither a help nor a trouble
		d.Broadcast = Channel{Own: d.Multicast.Own}
	}
	d.network()
	d.devices()
	d.clocks()
	d.watches()
	d.folders()
	return d.found
}

// diagnosis gathers findings.
type diagnosis struct {
	Evidence
	found []Finding
}

func (d *diagnosis) add(f Finding) { d.found = append(d.found, f) }
