package control

import (
	"time"

	"kith/index"
	"kith/syncer"
)

// State is what a folder is doing.
type State = syncer.Phase

// The states, so that a face needs to know only this package.
const (
	InStep      = syncer.InStep
	Scanning    = syncer.Scanning
	Syncing     = syncer.Syncing
	Paused      = syncer.Paused
	Held        = syncer.Held
	Unavailable = syncer.Unavailable
	Failing     = syncer.Failing
)

// Picture is everything a face can show, as a value. Its JSON is the form in
// which scripts read it: fields may be added, those that are there stay.
type Picture struct {
	Rev      uint64    `json:"rev"` // grows with each change, within one run of the app
	Version  string    `json:"version"`
	Device   Self      `json:"device"`
	Devices  []Device  `json:"devices"`
	Folders  []Folder  `json:"folders"`
	Offers   []Offer   `json:"offers"`
	Pairings []Pairing `json:"pairings"`
	Problems []Problem `json:"problems"` // of the app as a whole
	Login    Login     `json:"login"`
	Update   Update    `json:"update"`
}

// Self is this device.
type Self struct {
	ID     index.DeviceID `json:"id"`
	Name   string         `json:"name"`
	Listen int            `json:"port"` // TCP port, 0 while not listening
	// Home is this person's home directory; empty if there is none.
	Home string `json:"home"`
	// Address is where a person wants it to listen; empty: the usual place.
	Address string `json:"address"`
	// Fresh says that nothing is shared yet and nobody was shown how to begin.
	Fresh bool `json:"fresh"`
}

// Login says whether the app is started when this person logs in.
type Login struct {
	On bool `json:"on"`
	// Asked says that a person decided about it, one way or the other.
	Asked bool `json:"asked"`
	// Reason says why it is not known or cannot be changed.
	Reason string `json:"reason,omitempty"`
}

// Device is another device, paired or seen nearby.
type Device struct {
	ID        index.DeviceID `json:"id"`
	Name      string         `json:"name"` // what it calls itself: not to be trusted
	Paired    bool           `json:"paired"`
	VouchedBy string         `json:"vouched_by,omitempty"` // not paired: who put it on the list of a folder of ours
	Connected bool           `json:"connected"`
	Addresses []string       `json:"addresses"`
	LastSeen  time.Time      `json:"last_seen,omitzero"`
	Version   string         `json:"version,omitempty"` // of the program there: not to be trusted
	Reason    string         `json:"reason,omitempty"`  // why it is not connected, if known
}

// Trusted reports whether the device may come to be connected: people said so,
// or one whom they trust vouches for it.
func (d Device) Trusted() bool { return d.Paired || d.VouchedBy != "" }

// Folder is a folder that this device takes part in.
type Folder struct {
	ID        index.FolderID `json:"id"`
	Name      string         `json:"name"`
	Path      string         `json:"path"`
	Browse    bool           `json:"browse,omitempty"` // only what was asked for is kept here
	Keep      []string       `json:"keep,omitempty"`   // of a folder that is browsed: that, whatever comes to lie in it
	Leave     []string       `json:"leave,omitempty"`  // but not that
	State     State          `json:"state"`
	Reason    string         `json:"reason"`
	Role      string         `json:"role"` // of this device
	Owner     index.DeviceID `json:"owner"`
	Until     time.Time      `json:"until,omitzero"` // when a pause ends by itself
	Files     int64          `json:"files"`
	Bytes     int64          `json:"bytes"`
	NeedFiles int64          `json:"need_files"`
	NeedBytes int64          `json:"need_bytes"`
	Conflicts int            `json:"conflicts"`
	Held      int            `json:"held"`
	DownBps   int64          `json:"down_bps"`
	UpBps     int64          `json:"up_bps"`
	ETA       *int64         `json:"eta_s"` // seconds; null when unknown
	Members   []Member       `json:"members"`
	Problems  []Problem      `json:"problems"`
	Active    []Transfer     `json:"active"`
}

// Member is another member of a folder.
type Member struct {
	Device    index.DeviceID `json:"device"`
	Name      string         `json:"name"`
	Role      string         `json:"role"`
	Connected bool           `json:"connected"` // and has the folder open
	InStep    bool           `json:"in_step"`
	Browses   bool           `json:"browses,omitempty"` // it does not keep all of the folder
	NeedFiles int64          `json:"need_files"`        // what it lacks of ours
	NeedBytes int64          `json:"need_bytes"`
}

// Problem is something not as it should be, why, and what a person can do.
type Problem struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
	Next   string `json:"next"`
}

// Transfer is a file under way.
type Transfer struct {
	Path    string           `json:"path"`
	Size    int64            `json:"size"`
	Done    int64            `json:"done"`
	Bps     int64            `json:"bps"`
	Sources []index.DeviceID `json:"sources"`
	// Pieces, of the largest file, is a digit for each part of equal size: how
	// much of it is here, from 0, nothing, to 9, all.
	Pieces string `json:"pieces,omitempty"`
}

// Offer is a folder that another device invites this one to.
type Offer struct {
	ID      index.FolderID `json:"id"`
	Name    string         `json:"name"` // the owner's word: not to be trusted
	Owner   index.DeviceID `json:"owner"`
	From    string         `json:"from"` // name of the device that brought it
	Role    string         `json:"role"` // that this device would have
	Members int            `json:"members"`
	Dir     string         `json:"dir"` // where it would go unless said
}

// Pairing is a conversation about trust which is under way or has just ended.
type Pairing struct {
	ID       string         `json:"id"`
	Device   index.DeviceID `json:"device"`
	Name     string         `json:"name"` // what it calls itself: not to be trusted
	Code     string         `json:"code"` // six digits, once there are any
	Incoming bool           `json:"incoming"`
	State    PairingState   `json:"state"`
	Reason   string         `json:"reason,omitempty"` // of a failure
}

// Missing says what keeps a folder from being in step with every connected
// member, in words for people. Nothing: it is in step.
func (p Picture) Missing(f Folder) []string {
	var out []string
	switch {
	case f.State != InStep && f.Reason != "":
		out = append(out, string(f.State)+": "+f.Reason)
	case f.State != InStep:
		out = append(out, string(f.State))
	}
	if f.NeedFiles > 0 {
		out = append(out, count(f.NeedFiles, "file")+" still to come")
	}
	for _, m := range f.Members {
		if d, ok := p.device(m.Device); !ok || !d.Connected {
			continue
		}
		switch {
		case !m.Connected:
			out = append(out, m.Name+" does not have the folder open")
		case m.NeedFiles > 0:
			out = append(out, m.Name+" lacks "+count(m.NeedFiles, "file"))
		case !m.InStep:
			out = append(out, m.Name+" is not in step")
		}
	}
	return out
}

// FindDevice returns the device that a word means, among the paired ones and, if
// nearby is set, also the others that are seen.
func (p Picture) FindDevice(word string, nearby bool) (Device, error) {
	var all []candidate[Device]
	for _, d := range p.Devices {
		if d.Trusted() || nearby {
			all = append(all, candidate[Device]{d, d.Name, d.ID.String()})
		}
	}
	if nearby {
		return choose("device", word, all)
	}
	return choose("paired device", word, all)
}

func (p Picture) device(id index.DeviceID) (Device, bool) {
	for _, d := range p.Devices {
		if d.ID == id {
			return d, true
		}
	}
	return Device{}, false
}
