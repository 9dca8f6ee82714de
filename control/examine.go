package control

import (
	"context"
	"maps"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"kith/control/doctor"
	"kith/index"
	"kith/peer"
)

// Finding is one thing that a connection check found.
type Finding = doctor.Finding

// The levels of findings.
const (
	LevelOK      = doctor.OK
	LevelNote    = doctor.Note
	LevelWarning = doctor.Warning
	LevelError   = doctor.Error
)

// Wrong reports whether any of the findings says that something is wrong.
func Wrong(all []Finding) bool { return doctor.Wrong(all) }

// Network is what discovery found out about the network.
type Network struct {
	Loopback   bool // this device is to be reached from this machine only
	Interfaces []doctor.Interface
	Multicast  doctor.Channel
	Broadcast  doctor.Channel
}

const (
	examineWithin = 5 * time.Second // calls that are not answered by then never will be
	ownPortWithin = time.Second
	maxExamined   = 64 // devices that are called
	maxComplaints = 20 // problems of a folder that are told one by one
)

// examine checks the connections: why devices do not see each other, and what
// else is wrong. It takes a few seconds.
func (d *Desk) examine(ctx context.Context, _ Command) (Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, examineWithin)
	defer cancel()
	e := doctor.Evidence{System: runtime.GOOS, Port: d.board.Port(), Firewalls: firewalls(), Profiles: firewallProfiles(), Watches: maxWatches()}
	e.Program, _ = os.Executable() // only for a command to copy
	p := d.hub.Latest()
	var network sync.WaitGroup
	network.Go(func() { d.examineNetwork(ctx, &e) })
	devices := d.examineDevices(ctx, p)
	network.Wait()
	e.Devices = devices
	for _, f := range p.Folders {
		e.Folders = append(e.Folders, examineFolder(f))
	}
	return Reply{Findings: doctor.Diagnose(e)}, nil
}

func (d *Desk) examineNetwork(ctx context.Context, e *doctor.Evidence) {
	if d.cfg.Network == nil {
		e.Unchecked = "nothing looks for devices in this program"
		return
	}
	n, err := d.cfg.Network(ctx)
	if err != nil {
		e.Unchecked = err.Error()
		return
	}
	e.Loopback, e.Interfaces, e.Multicast, e.Broadcast = n.Loopback, n.Interfaces, n.Multicast, n.Broadcast
	e.OwnPort = ownPort(ctx, n.Interfaces, e.Port)
}

// ownPort reports whether this machine gets through to its own port, at an
// address that others would use.
func ownPort(ctx context.Context, all []doctor.Interface, port int) bool {
	dialer := net.Dialer{Timeout: ownPortWithin}
	for _, i := range all {
		for _, a := range i.Addrs {
			conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(a.Addr().String(), strconv.Itoa(port)))
			if err == nil {
				conn.Close()
				return true
			}
		}
	}
	return false
}

// examineDevices calls all devices at once, those that are connected too.
func (d *Desk) examineDevices(ctx context.Context, p Picture) []doctor.Device {
	d.mu.Lock()
	heard := maps.Clone(d.nearby)
	d.mu.Unlock()
	known := p.Devices[:min(len(p.Devices), maxExamined)]
	out := make([]doctor.Device, len(known))
	var calls sync.WaitGroup
	for i, dev := range known {
		x := doctor.Device{
			Name: dev.Name, Paired: dev.Paired, Connected: dev.Connected, LastSeen: dev.LastSeen, Reason: dev.Reason,
		}
		_, x.Heard = heard[dev.ID]
		for _, text := range dev.Addresses {
			if a, err := netip.ParseAddrPort(text); err == nil {
				x.Addrs = append(x.Addrs, a)
			}
		}
		out[i] = x
		if len(x.Addrs) > 0 {
			calls.Go(func() { d.examineDevice(ctx, dev.ID, &out[i]) })
		}
	}
	calls.Wait()
	return slices.DeleteFunc(out, func(x doctor.Device) bool {
		return !x.Paired && !x.Heard // gone since the picture was made
	})
}

func (d *Desk) examineDevice(ctx context.Context, id index.DeviceID, x *doctor.Device) {
	answer, err := d.board.Probe(ctx, id, x.Addrs)
	x.Answer = map[peer.CallBack]doctor.Answer{
		peer.Reached: doctor.Answered, peer.Silent: doctor.NoAnswer, peer.TurnedAway: doctor.Closed, peer.Mistaken: doctor.Foreign,
	}[peer.Outcome(err)]
	if err != nil {
		if x.Reason == "" {
			x.Reason = err.Error()
		}
		return
	}
	x.Ahead = answer.Ahead
	x.CallBack = map[peer.CallBack]doctor.CallBack{
		peer.Reached: doctor.CallBackReached, peer.Silent: doctor.CallBackSilent,
		peer.TurnedAway: doctor.CallBackClosed, peer.Mistaken: doctor.CallBackForeign,
	}[answer.CallBack]
}

// examineFolder says how a folder is.
func examineFolder(f Folder) doctor.Folder {
	out := doctor.Folder{
		Name: f.Name, Dir: f.Path, State: stateWords(f), Reason: f.Reason,
		Free: freeSpace(f.Path), Need: f.NeedBytes, Conflicts: f.Conflicts,
	}
	switch f.State {
	case Unavailable:
		out.Bad, out.Next = true, "plug its drive in again, or put the directory back where it was; nothing was deleted"
	case Held:
		out.Bad, out.Next = true, "kith approve lets it happen, kith undo takes it back"
	case Failing:
		out.Bad = len(f.Problems) == 0
	}
	for _, p := range f.Problems[:min(len(f.Problems), maxComplaints)] {
		out.Problems = append(out.Problems, doctor.Problem(p))
	}
	out.More = len(f.Problems) - len(out.Problems)
	return out
}

func stateWords(f Folder) string {
	switch f.State {
	case InStep:
		return "in step"
	case Paused:
		return "paused"
	case Scanning:
		return "looking for changes"
	case Syncing:
		return count(f.NeedFiles, "file") + " still to come"
	case Held:
		return "changes are held back"
	case Unavailable:
		return "cannot be reached"
	}
	return "something cannot be brought in step"
}
