package syncer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"kith/index"
)

// What is to come and does not come has a reason. Those that concern single files
// are problems; those that concern a device stand beside "syncing".

// missedOften is how often in a row a file was not sent before that is told: once
// or twice, it may just have changed.
const missedOften = 3

// missing says why a file does not come, and what helps.
func (f *folder) missing(j *job, err error) Problem {
	p := Problem{Path: j.step.Want.Path.String(), Next: "it is tried again by itself; if it stays, save it anew on the device that has it"}
	from := f.names(j.holders)
	if from == "" {
		from = "the device that has it"
	}
	switch {
	case ofOurDisk(err):
		p.Reason = "it cannot be written: " + err.Error()
		p.Next = nextStep(err)
	case errors.Is(err, errBadBlock):
		p.Reason = from + " sends other content than it announced"
		p.Next = "if it stays, look at the disk of that device; save the file anew where it is right"
	case errors.Is(err, errNoAnswer):
		p.Reason = from + " does not send it"
		p.Next = "look whether Kith and the disk there are well"
	case errors.Is(err, errGone):
		p.Reason = from + " announced it, and has it no longer"
	default:
		p.Reason = "it cannot be fetched: " + err.Error()
		p.Next = nextStep(err)
	}
	return p
}

// ofOurDisk reports whether it is our own disk that keeps a file from coming.
func ofOurDisk(err error) bool {
	for _, no := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO, syscall.EACCES, syscall.EPERM} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}

// stalled says why nothing comes although something is to come; empty if it cannot
// be told or is about to come. It is called with the lock of the board held.
func (f *folder) stalled(now time.Time) string {
	b := &f.board
	if b.rates.down >= slowRate {
		return "" // something comes
	}
	var mute []index.DeviceID
	for d, doze := range b.dozing {
		if now.Before(doze.until) && b.peers[d].open {
			mute = append(mute, d)
		}
	}
	slices.SortFunc(mute, index.DeviceID.Compare)
	away := slices.DeleteFunc(slices.Clone(b.away), func(d index.DeviceID) bool { return b.peers[d].open })
	slices.SortFunc(away, index.DeviceID.Compare)
	slow := f.paces.asked()
	switch {
	case len(mute) > 0:
		return f.names(mute) + " does not answer what it is asked, and is asked again by itself; if it stays so, restart Kith there"
	case len(slow) > 0:
		return f.names(slow) + " sends very slowly; what others have does not wait for it"
	case b.flags.pulling || len(b.active) > 0:
		return ""
	case len(away) > 0:
		return "some of it is only with " + f.names(away) + ", not here just now: start Kith there"
	case len(b.peers) == 0:
		return "no device that has it is here: start Kith on one"
	}
	return ""
}

// names lists members by name.
func (f *folder) names(devices []index.DeviceID) string {
	var all []string
	for _, d := range devices {
		all = append(all, f.nameOf(d))
	}
	if n := len(all); n > 3 {
		return fmt.Sprintf("%s and %d others", strings.Join(all[:2], ", "), n-2)
	}
	return strings.Join(all, " and ")
}
