package tray

import (
	"kith/control"
)

// nearbyItem shows who is around, the paired ones first, and those that are away.
func nearbyItem(s State) Item {
	p := s.Picture
	item := Item{Title: "Nearby"}
	for i, d := range p.Devices {
		if i == maxDevices {
			item.Items = append(item.Items, Item{Title: "All " + control.Number(int64(len(p.Devices))) + " devices…", Do: Show{Devices}})
			break
		}
		item.Items = append(item.Items, deviceItem(s, d))
	}
	if len(p.Devices) == 0 {
		item.Items = append(item.Items, Item{Title: "No device seen yet"})
	}
	item.Items = append(item.Items, Item{Title: "Is one missing? Check the connection…", Do: Show{Check}})
	return item
}

func deviceItem(s State, d control.Device) Item {
	p := s.Picture
	if !d.Paired {
		how := "not paired"
		if d.VouchedBy != "" {
			how = "vouched for by " + name(d.VouchedBy)
		}
		return Item{Title: join(deviceName(p, d), how), Items: []Item{pairItem(p, d)}}
	}
	item := Item{Title: join(deviceName(p, d), deviceState(s, d))}
	if !d.Connected && d.Reason != "" {
		item.Items = append(item.Items, Item{Title: name(d.Reason)})
	}
	item.Items = append(item.Items, Item{Title: "Share", Items: shareable(p, d)},
		Item{Title: "Browse files…", Do: Show{browsePlace(d)}},
		Item{Title: "Details…", Do: Show{devicePlace(d)}})
	return item
}

// pairItem begins pairing with a device, or says how far that is.
func pairItem(p control.Picture, d control.Device) Item {
	for _, x := range p.Pairings {
		if x.Device != d.ID {
			continue
		}
		switch x.State {
		case control.PairingAsking:
			return Item{Title: "Asking…"}
		case control.PairingThere:
			return Item{Title: "Waiting for the person there to say yes…"}
		}
	}
	return Item{Title: "Pair…", Do: Send{control.Command{Verb: control.Pair, Device: d.ID.String()}}}
}

// deviceState says how a paired device stands to us.
func deviceState(s State, d control.Device) string {
	common, inStep := 0, 0
	var waiting int64
	for _, f := range s.Picture.Folders {
		for _, m := range f.Members {
			if m.Device != d.ID {
				continue
			}
			common++
			waiting += m.NeedFiles
			if m.Connected && m.InStep {
				inStep++
			}
		}
	}
	switch {
	case waiting > 0:
		return control.Things(waiting, "file") + " waiting"
	case !d.Connected && d.LastSeen.IsZero():
		return "away"
	case !d.Connected:
		return "last seen " + clock(d.LastSeen, s.Now)
	case common == 0:
		return "here"
	case inStep == common:
		return "in step"
	}
	return "comparing"
}

// shareable offers our folders to a device that does not have them.
func shareable(p control.Picture, d control.Device) []Item {
	var out []Item
	for _, f := range p.Folders {
		if f.Owner != p.Device.ID || isMember(f, d) {
			continue
		}
		if len(out) == maxFolders {
			out = append(out, Item{Title: "More…", Do: Show{devicePlace(d)}})
			break
		}
		out = append(out, Item{Title: name(f.Name), Do: Send{share(f, d)}})
	}
	return append(out, Item{Title: "Another folder…", Do: ShareDir{With: d.ID.String()}})
}

// deviceName is the name, and where two have the same one also the start of the ID.
func deviceName(p control.Picture, d control.Device) string {
	for _, o := range p.Devices {
		if o.ID != d.ID && o.Name == d.Name {
			return name(d.Name) + " (" + d.ID.Brief() + ")"
		}
	}
	return name(d.Name)
}
