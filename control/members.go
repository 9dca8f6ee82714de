package control

import (
	"context"
	"slices"

	"kith/index"
	"kith/peer/wire"
)

// member returns a device's entry in a list.
func member(m wire.Membership, device index.DeviceID) (index.Member, bool) {
	i := slices.IndexFunc(m.Members, func(m index.Member) bool { return m.Device == device })
	if i < 0 {
		return index.Member{}, false
	}
	return m.Members[i], true
}

// newList returns the signed list of a new folder, with this device alone.
func (d *Desk) newList(id index.FolderID, name, self string) wire.Membership {
	m := wire.Membership{
		Folder: id, Name: name, Serial: 1,
		Members: []index.Member{{Device: d.self(), Name: self, Role: index.Both}},
	}
	d.sign(&m)
	return m
}

// sign makes this device the owner who signed m.
func (d *Desk) sign(m *wire.Membership) {
	m.Owner, m.OwnerKey = d.self(), d.cfg.Identity.PublicKey()
	m.Signature = d.cfg.Identity.Sign(m.Signed())
}

// admit puts devices on the list of a folder that this device owns, or gives
// them another role. It reports how many were not on it before.
func (d *Desk) admit(s *Settings, f *Shared, devices []index.DeviceID, role index.Role) (added int, err error) {
	m, err := d.ownList(f)
	if err != nil {
		return 0, err
	}
	for _, id := range devices {
		paired, ok := s.Device(id)
		if !ok {
			return 0, failed("add %s: it is not paired", id.Brief()).Hint("kith pair %s", id.Brief())
		}
		entry := index.Member{Device: id, Name: cleanName(paired.Name, maxDeviceName), Role: role}
		i := slices.IndexFunc(m.Members, func(m index.Member) bool { return m.Device == id })
		if i >= 0 {
			m.Members[i] = entry
			continue
		}
		m.Members = append(m.Members, entry)
		f.Former = slices.DeleteFunc(f.Former, func(o index.DeviceID) bool { return o == id })
		added++
	}
	d.reissue(f, m)
	return added, nil
}

// expel takes a device from the lists of all folders that this device owns.
func (d *Desk) expel(s *Settings, device index.DeviceID) {
	for i := range s.Folders {
		d.strike(&s.Folders[i], device)
	}
}

// strike takes a device from the list of a folder, if it is on it and the folder
// is ours.
func (d *Desk) strike(f *Shared, device index.DeviceID) {
	m := f.signed
	if f.broken != nil || m.Owner != d.self() {
		return
	}
	if _, on := member(m, device); !on {
		return
	}
	m.Members = slices.DeleteFunc(slices.Clone(m.Members), func(m index.Member) bool { return m.Device == device })
	f.Former = append(f.Former, device)
	d.reissue(f, m)
}

// remove takes a device out of a folder that this device owns. Its files stay
// where they are.
func (d *Desk) remove(_ context.Context, c Command) (Reply, error) {
	f, err := d.folderOf(c)
	if err != nil {
		return Reply{}, err
	}
	if _, err := d.ownList(f); err != nil {
		return Reply{}, err
	}
	all := make([]candidate[index.Member], 0, len(f.signed.Members))
	for _, m := range f.signed.Members {
		if m.Device != d.self() {
			all = append(all, candidate[index.Member]{m, cleanName(m.Name, maxDeviceName), m.Device.String()})
		}
	}
	who, err := choose("other member", c.Device, all)
	if err != nil {
		return Reply{}, err
	}
	err = d.change(func(s *Settings) error {
		if f, ok := s.Folder(f.ID); ok {
			d.strike(f, who.Device)
		}
		return nil
	})
	if err != nil {
		return Reply{}, err
	}
	name := cleanName(who.Name, maxDeviceName)
	d.note(Entry{Verb: "took-off", Folder: f.Name, Device: name})
	return Reply{Text: name + " no longer takes part in " + f.Name + ". Its files stay where they are."}, nil
}

// ownList returns the list of a folder, if it is ours to change.
func (d *Desk) ownList(f *Shared) (wire.Membership, error) {
	m := f.signed
	if f.broken != nil {
		return m, failed("read the members of %q: %w", f.Name, f.broken)
	}
	if m.Owner == d.self() {
		m.Members = slices.Clone(m.Members)
		return m, nil
	}
	owner := m.Owner.Brief()
	if o, ok := member(m, m.Owner); ok {
		owner = o.Name
	}
	return m, failed("only %s can change who takes part in %q, because it shared the folder first", owner, f.Name).
		Hint("run the same command there")
}

// reissue signs a changed list as the next one, and keeps it in f.
func (d *Desk) reissue(f *Shared, m wire.Membership) {
	m.Serial++
	d.sign(&m)
	f.setList(m)
}

// listsFor returns the lists that another device is told: of the folders in
// which it is a member, and of those from which it was taken.
func (d *Desk) listsFor(s *Settings, device index.DeviceID) *wire.Folders {
	out := &wire.Folders{}
	for _, f := range s.Folders {
		if f.broken != nil {
			continue
		}
		if _, on := member(f.signed, device); on || slices.Contains(f.Former, device) {
			out.Lists = append(out.Lists, f.signed)
		}
	}
	return out
}
