package control

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"kith/index"
	"kith/syncer"
)

// paint makes the picture anew and shows it. It returns the revision.
func (d *Desk) paint() uint64 {
	d.painting.Lock()
	defer d.painting.Unlock()
	s := d.Settings()
	p := Picture{
		Version: d.cfg.Version,
		Device: Self{
			ID: d.self(), Name: s.Name, Listen: d.board.Port(), Address: s.Listen, Home: userHome(),
			Fresh: !s.Welcomed && len(s.Folders) == 0,
		},
		Devices:  d.paintDevices(s),
		Folders:  d.paintFolders(s),
		Offers:   d.paintOffers(s),
		Pairings: d.paintPairings(),
		Problems: d.paintTrouble(),
		Login:    d.paintLogin(s),
		Update:   d.paintUpdate(s),
	}
	return d.hub.Set(p)
}

func (d *Desk) paintFolders(s *Settings) []Folder {
	status := make(map[index.FolderID]syncer.Status)
	all := d.engine.Status()
	d.rates.take(time.Now(), all)
	for _, st := range all {
		status[st.Folder] = st
	}
	out := make([]Folder, 0, len(s.Folders))
	for _, f := range s.Folders {
		st, running := status[f.ID]
		out = append(out, d.paintFolder(f, st, running))
	}
	return out
}

func (d *Desk) paintFolder(f Shared, st syncer.Status, running bool) Folder {
	out := Folder{
		ID: f.ID, Name: f.Name, Path: f.Dir, Until: f.Until,
		Browse: f.Browse, Keep: f.Keep, Leave: f.Leave,
		State: st.Phase, Reason: st.Reason,
		Files: st.Totals.Here.Files, Bytes: st.Totals.Here.Bytes,
		NeedFiles: st.Totals.Need.Files, NeedBytes: st.Totals.Need.Bytes,
		Conflicts: st.Conflicts, Held: st.Held,
		DownBps: st.DownBps, UpBps: st.UpBps, ETA: seconds(st.ETA),
		Members: []Member{}, Problems: []Problem{}, Active: []Transfer{},
	}
	list := f.signed
	switch {
	case f.broken != nil:
		out.State, out.Reason = syncer.Failing, "its list of members cannot be used: "+f.broken.Error()
		out.Problems = append(out.Problems, Problem{Reason: out.Reason, Next: "accept the folder again where it was offered from"})
		return out
	case d.twin().met:
		out.State, out.Reason = syncer.Failing, "it has stopped: another machine uses the key of this device"
		out.Problems = append(out.Problems, Problem{Reason: out.Reason, Next: "decide which of the two shall be this device, then: kith resume"})
		return out
	case f.Paused:
		out.State, out.Reason = syncer.Paused, ""
	case !running, st.Phase == syncer.Paused: // the engine is about to follow
		out.State, out.ETA = syncer.Scanning, nil
	}
	out.Owner = list.Owner
	if me, ok := member(list, d.self()); ok {
		out.Role = me.Role.String()
	}
	out.Members = paintMembers(list.Members, d.self(), st)
	for _, p := range st.Problems {
		out.Problems = append(out.Problems, Problem(p))
	}
	for _, t := range st.Active {
		out.Active = append(out.Active, Transfer{t.Path.String(), t.Size, t.Done, t.BytesPerSec, t.Sources, digits(t.Pieces)})
	}
	return out
}

// digits writes small numbers one after the other.
func digits(all []byte) string {
	out := make([]byte, len(all))
	for i, n := range all {
		out[i] = '0' + min(n, 9)
	}
	return string(out)
}

func paintMembers(members []index.Member, self index.DeviceID, st syncer.Status) []Member {
	out := []Member{}
	for _, m := range members {
		if m.Device == self {
			continue
		}
		row := Member{Device: m.Device, Name: cleanName(m.Name, maxDeviceName), Role: m.Role.String()}
		i := slices.IndexFunc(st.Members, func(s syncer.MemberStatus) bool { return s.Device == m.Device })
		if i >= 0 {
			s := st.Members[i]
			row.Connected, row.InStep, row.Browses = s.Connected, s.InStep, s.Browses
			row.NeedFiles, row.NeedBytes = s.Lacks.Files, s.Lacks.Bytes
		}
		out = append(out, row)
	}
	return out
}

// seconds rounds a time to go up to whole seconds; nil when it is unknown.
func seconds(eta time.Duration) *int64 {
	if eta < 0 {
		return nil
	}
	s := int64(math.Ceil(eta.Seconds()))
	return &s
}

// paintDevices shows the paired devices, then the others nearby, by name.
func (d *Desk) paintDevices(s *Settings) []Device {
	rows := make(map[index.DeviceID]Device)
	for _, p := range s.Devices {
		rows[p.ID] = Device{ID: p.ID, Name: p.Name, Paired: true, Addresses: slices.Clone(p.Addresses), LastSeen: p.LastSeen}
	}
	d.mu.Lock()
	for id, n := range d.nearby {
		row, paired := rows[id]
		if !paired {
			row = Device{ID: id, Name: n.name}
		}
		row.Addresses, row.LastSeen = texts(n.addrs), n.at
		rows[id] = row
	}
	d.mu.Unlock()
	d.paintVouched(s, rows)
	d.paintConversations(rows)
	out := make([]Device, 0, len(rows))
	for _, row := range rows {
		if row.Addresses == nil {
			row.Addresses = []string{}
		}
		out = append(out, row)
	}
	slices.SortFunc(out, func(a, b Device) int {
		if a.Paired != b.Paired {
			return map[bool]int{true: -1, false: 1}[a.Paired]
		}
		return cmp.Or(strings.Compare(a.Name, b.Name), a.ID.Compare(b.ID))
	})
	return out
}

// paintOffers shows the offers to which nobody said no.
func (d *Desk) paintOffers(s *Settings) []Offer {
	d.mu.Lock()
	open := make([]offer, 0, len(d.offers))
	for id, o := range d.offers {
		if _, held := s.Folder(id); !held && s.declinedAt(id) < o.list.Serial {
			open = append(open, o)
		}
	}
	d.mu.Unlock()
	out := make([]Offer, 0, len(open))
	for _, o := range open {
		row := Offer{
			ID: o.list.Folder, Name: cleanName(o.list.Name, maxFolderName),
			Owner: o.list.Owner, From: d.nameOf(o.from), Members: len(o.list.Members),
		}
		if me, ok := member(o.list, d.self()); ok {
			row.Role = me.Role.String()
		}
		row.Dir, _ = freeDir(row.Name) // without a home directory there is no usual place
		out = append(out, row)
	}
	slices.SortFunc(out, func(a, b Offer) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID.String(), b.ID.String()))
	})
	return out
}

func (d *Desk) paintTrouble() []Problem {
	out := []Problem{}
	if t := d.twin(); t.met {
		out = append(out, t.problem())
	}
	out = append(out, d.paintTwins()...)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.trouble != "" {
		out = append(out, Problem{
			Path: d.file.path, Reason: d.trouble,
			Next: "look whether folders and devices are as they should be; the next change writes the file anew",
		})
	}
	return out
}
