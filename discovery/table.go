package discovery

import (
	"net/netip"
	"slices"
	"time"

	"kith/index"
)

// How long something is believed, and how much of it.
const (
	patience   = 9 * time.Second         // an address not heard for so long is dropped
	grace      = 2500 * time.Millisecond // time to prove that a goodbye was not meant
	echo       = 250 * time.Millisecond  // what is heard so soon after a goodbye was said before it
	maxDevices = 256                     // beyond it, the one not heard for the longest is dropped
	newPerSec  = 20                      // records that say something new; more are not looked at
)

// table holds the devices that were heard lately. It knows no clock: every
// method is told the time, which never goes back.
type table struct {
	devices map[index.DeviceID]*entry
	credit  credit
}

// entry is one device. Whoever speaks in its name adds addresses to it, and
// takes none away: so a liar can distract from the true ones, not hide them.
type entry struct {
	name    string
	reach   []reach
	doubted time.Time // of the last goodbye: what was heard before is in doubt
	mdns    time.Time // when it was last heard by multicast DNS; zero: never
	aired   time.Time // the same by beacon
}

// reach is an address of a device and when it was last named.
type reach struct {
	addr  netip.AddrPort
	heard time.Time
}

func newTable() *table {
	return &table{devices: map[index.DeviceID]*entry{}, credit: credit{rate: newPerSec}}
}

// hear takes in a record and returns what it changes.
func (t *table) hear(now time.Time, c claim) []Sighting {
	e, known := t.devices[c.device]
	if !known {
		e = &entry{name: c.name}
	}
	if c.multicast {
		e.mdns = now
	} else {
		e.aired = now
	}
	news := e.refresh(now, c)
	if known && len(news) == 0 && e.name == c.name || !t.credit.take(now) {
		return nil
	}
	var out []Sighting
	if !known {
		out = t.makeRoom()
		t.devices[c.device] = e
	}
	e.name = c.name
	e.add(now, news)
	return append(out, e.sighting(c.device))
}

// refresh notes that the addresses of c which e has were named again, and
// returns the others.
func (e *entry) refresh(now time.Time, c claim) (others []netip.AddrPort) {
	for _, addr := range c.addrs {
		i := slices.IndexFunc(e.reach, func(r reach) bool { return r.addr == addr })
		if i < 0 {
			others = append(others, addr)
			continue
		}
		e.reach[i].heard = now
	}
	return others
}

// add puts new addresses in front. Beyond MaxAddrs those go that were not named
// for the longest.
func (e *entry) add(now time.Time, addrs []netip.AddrPort) {
	fresh := make([]reach, 0, len(addrs)+len(e.reach))
	for _, a := range addrs {
		fresh = append(fresh, reach{a, now})
	}
	e.reach = append(fresh, e.reach...)
	for len(e.reach) > MaxAddrs {
		oldest := len(e.reach) - 1
		for i, r := range e.reach {
			if r.heard.Before(e.reach[oldest].heard) {
				oldest = i
			}
		}
		e.reach = slices.Delete(e.reach, oldest, oldest+1)
	}
}

// makeRoom drops the device not heard for the longest if the table is full.
func (t *table) makeRoom() []Sighting {
	if len(t.devices) < maxDevices {
		return nil
	}
	var oldest index.DeviceID
	var when time.Time
	for id, e := range t.devices {
		heard := e.heard()
		if when.IsZero() || heard.Before(when) || heard.Equal(when) && id.Compare(oldest) < 0 {
			oldest, when = id, heard
		}
	}
	return []Sighting{t.drop(oldest)}
}

func (t *table) drop(id index.DeviceID) Sighting {
	s := Sighting{Device: id, Name: t.devices[id].name, Lost: true}
	delete(t.devices, id)
	return s
}

// doubt takes in a goodbye. Anybody can send one, so it only means that the
// device must be heard again soon. It reports whether that is news.
func (t *table) doubt(now time.Time, instanceName string) bool {
	for id, e := range t.devices {
		if instance(id) == instanceName && !e.inDoubt() {
			e.doubted = now
			return true
		}
	}
	return false
}

// expire drops what was not heard in time, and returns what that changes.
func (t *table) expire(now time.Time) []Sighting {
	var out []Sighting
	for id, e := range t.devices {
		before := len(e.reach)
		e.reach = slices.DeleteFunc(e.reach, func(r reach) bool { return !now.Before(e.deadline(r)) })
		switch len(e.reach) {
		case before:
		case 0:
			out = append(out, t.drop(id))
		default:
			out = append(out, e.sighting(id))
		}
	}
	slices.SortFunc(out, func(a, b Sighting) int { return a.Device.Compare(b.Device) })
	return out
}

// forgive does not count a time against anybody.
func (t *table) forgive(d time.Duration) {
	for _, e := range t.devices {
		for i := range e.reach {
			e.reach[i].heard = e.reach[i].heard.Add(d)
		}
		e.mdns, e.aired = e.mdns.Add(d), e.aired.Add(d)
	}
}

// deadline returns when the next address will be dropped unless it is heard.
func (t *table) deadline() (when time.Time, any bool) {
	for _, e := range t.devices {
		for _, r := range e.reach {
			if d := e.deadline(r); !any || d.Before(when) {
				when, any = d, true
			}
		}
	}
	return when, any
}

// quietest returns when the address was heard that was not heard for the longest.
func (t *table) quietest() (when time.Time, any bool) {
	for _, e := range t.devices {
		for _, r := range e.reach {
			if !any || r.heard.Before(when) {
				when, any = r.heard, true
			}
		}
	}
	return when, any
}

// byMulticast reports whether anybody is heard by multicast DNS.
func (t *table) byMulticast(now time.Time) bool {
	for _, e := range t.devices {
		if !e.byBeacon(now) {
			return true
		}
	}
	return false
}

// byBeacon returns, among the devices that are known by beacon alone, when the
// one was heard that was not heard for the longest.
func (t *table) byBeacon(now time.Time) (when time.Time, any bool) {
	for _, e := range t.devices {
		if heard := e.heard(); e.byBeacon(now) && (!any || heard.Before(when)) {
			when, any = heard, true
		}
	}
	return when, any
}

func (e *entry) byBeacon(now time.Time) bool { return now.Sub(e.mdns) >= patience }

// heardBy counts the devices that were heard lately, by each of the two ways.
func (t *table) heardBy(now time.Time) (multicast, beacon int) {
	for _, e := range t.devices {
		if !e.byBeacon(now) {
			multicast++
		}
		if now.Sub(e.aired) < patience {
			beacon++
		}
	}
	return multicast, beacon
}

// doubtedSince returns the time of the first goodbye that is neither confirmed
// nor disproved yet.
func (t *table) doubtedSince() (when time.Time, any bool) {
	for _, e := range t.devices {
		if e.inDoubt() && (!any || e.doubted.Before(when)) {
			when, any = e.doubted, true
		}
	}
	return when, any
}

func (e *entry) inDoubt() bool { return slices.ContainsFunc(e.reach, e.doubts) }

func (e *entry) doubts(r reach) bool {
	return !e.doubted.IsZero() && !r.heard.After(e.doubted.Add(echo))
}

func (e *entry) deadline(r reach) time.Time {
	end := r.heard.Add(patience)
	if soon := e.doubted.Add(grace); e.doubts(r) && soon.Before(end) {
		return soon
	}
	return end
}

// heard returns when any address of the device was last named.
func (e *entry) heard() time.Time {
	var last time.Time
	for _, r := range e.reach {
		if r.heard.After(last) {
			last = r.heard
		}
	}
	return last
}

func (e *entry) sighting(id index.DeviceID) Sighting {
	s := Sighting{Device: id, Name: e.name}
	for _, r := range e.reach {
		s.Addrs = append(s.Addrs, r.addr)
	}
	return s
}

// credit is a token bucket that holds what accrues in a second. It starts full.
type credit struct {
	rate float64 // per second
	left float64
	at   time.Time
}

// take spends one if there is one.
func (c *credit) take(now time.Time) bool {
	if c.at.IsZero() {
		c.left = c.rate
	} else {
		c.left = min(c.rate, c.left+c.rate*now.Sub(c.at).Seconds())
	}
	c.at = now
	if c.left < 1 {
		return false
	}
	c.left--
	return true
}
