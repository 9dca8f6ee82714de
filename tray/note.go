package tray

import (
	"maps"
	"slices"
	"time"

	"kith/control"
)

// Note is a notification.
type Note struct {
	Key   string // what it is about; a later note with the same key replaces it
	Title string
	Body  string
	// Open is what clicking the note does; Answers are buttons, where the system
	// has any.
	Open    Action
	Answers []Item
	// Stay keeps it on the screen until it is answered, or no longer true.
	Stay bool
}

// How often a person may be disturbed, and how sure we must be.
const (
	pairEvery    = time.Minute // for each device that asks
	pairMost     = 3           // within pairWindow
	pairWindow   = time.Hour
	offersEvery  = time.Minute
	clashesEvery = 10 * time.Minute
	troubleEvery = 24 * time.Hour   // for each folder
	troubleLasts = 10 * time.Second // before it is told
)

// Memory is what has been told already. Its zero value has seen nothing: the
// first picture is how things stand, and not news.
type Memory struct {
	begun   bool
	told    map[string]bool        // pairings and offers, by key
	asked   map[string][]time.Time // when a device's requests were told
	clashes map[string]int         // conflicts told of, by folder
	held    map[string]bool        // folders
	bad     map[string]trouble     // folders
	fresh   map[string]bool        // folders accepted in this run that were never in step
	known   map[string]bool        // folders

	offersAt, clashesAt time.Time // when last told
}

type trouble struct {
	since time.Time // zero: all is well
	told  time.Time
}

// News is what a picture means for notifications.
type News struct {
	Notes []Note
	Gone  []string  // keys of notes that no longer hold
	Again time.Time // when to look at the same picture again; zero: no need
}

// Next returns what to tell of a picture, and what is remembered then.
func (m Memory) Next(p control.Picture, now time.Time) (Memory, News) {
	m = m.clone()
	n := &News{}
	m.pairings(p, now, n)
	m.offers(p, now, n)
	m.conflicts(p, now, n)
	m.brakes(p, n)
	m.troubles(p, now, n)
	m.arrivals(p, n)
	m.begun = true
	return m, *n
}

func (m Memory) clone() Memory {
	m.told, m.clashes, m.held = copied(m.told), copied(m.clashes), copied(m.held)
	m.bad, m.fresh, m.known = copied(m.bad), copied(m.fresh), copied(m.known)
	m.asked = copied(m.asked) // its lists are only ever replaced
	return m
}

func copied[V any](m map[string]V) map[string]V {
	if m == nil {
		return make(map[string]V)
	}
	return maps.Clone(m)
}

// forget drops what is told of keys that begin with prefix and are not in live.
func (m Memory) forget(prefix string, live map[string]bool, n *News) {
	for key := range m.told {
		if len(key) > len(prefix) && key[:len(prefix)] == prefix && !live[key] {
			delete(m.told, key)
			n.Gone = append(n.Gone, key)
		}
	}
	slices.Sort(n.Gone)
}

func (n *News) again(at time.Time) {
	if n.Again.IsZero() || at.Before(n.Again) {
		n.Again = at
	}
}

// pairings tells of codes to compare. Whoever asks again and again is heard only
// so often; the menu has all requests.
func (m Memory) pairings(p control.Picture, now time.Time, n *News) {
	live := make(map[string]bool)
	for _, x := range p.Pairings {
		key := "pairing " + x.ID
		if !x.Live() || x.Code == "" {
			continue
		}
		live[key] = true
		if m.told[key] {
			continue
		}
		m.told[key] = true
		if x.Incoming && !m.mayAsk(x.Device.String(), now) {
			continue
		}
		n.Notes = append(n.Notes, pairingNote(key, x))
	}
	m.forget("pairing ", live, n)
}

func pairingNote(key string, x control.Pairing) Note {
	title := "Pairing with " + name(x.Name)
	if x.Incoming {
		title = name(x.Name) + " wants to pair"
	}
	return Note{
		Key: key, Title: title, Stay: true, Open: Show{Devices},
		Body: "Does its screen show " + code(x.Code) + "? Say yes only if the digits are the same.",
		Answers: []Item{
			{Title: "Yes, the same", Do: answer(x, true)},
			{Title: "No", Do: answer(x, false)},
		},
	}
}

func (m Memory) mayAsk(device string, now time.Time) bool {
	var lately []time.Time
	for _, at := range m.asked[device] {
		if now.Sub(at) < pairWindow {
			lately = append(lately, at)
		}
	}
	if k := len(lately); k >= pairMost || k > 0 && now.Sub(lately[k-1]) < pairEvery {
		m.asked[device] = lately
		return false
	}
	m.asked[device] = append(lately, now)
	return true
}

// offers tells of new offers, several in one note.
func (m *Memory) offers(p control.Picture, now time.Time, n *News) {
	live := make(map[string]bool)
	var fresh []control.Offer
	for _, o := range p.Offers {
		key := "offer " + o.ID.String()
		live[key] = true
		if !m.told[key] {
			fresh = append(fresh, o)
		}
	}
	m.forget("offer ", live, n)
	if len(fresh) == 0 {
		return
	}
	if due := m.offersAt.Add(offersEvery); now.Before(due) {
		n.again(due)
		return
	}
	for _, o := range fresh {
		m.told["offer "+o.ID.String()] = true
	}
	m.offersAt = now
	if len(fresh) > 1 {
		n.Notes = append(n.Notes, Note{
			Key: "offers", Title: control.Things(int64(len(fresh)), "folder") + " offered to you", Open: Show{Overview},
			Body: list(fresh, func(o control.Offer) string { return name(o.From) + ": " + name(o.Name) }),
		})
		return
	}
	n.Notes = append(n.Notes, offerNote(fresh[0]))
}

func offerNote(o control.Offer) Note {
	id := o.ID.String()
	body := "Accept it to keep it the same here."
	if o.Dir != "" {
		body = "It would go to " + name(o.Dir) + "."
	}
	return Note{
		Key: "offer " + id, Title: name(o.From) + " offers " + quoted(o.Name), Body: body, Open: Show{offerPlace(o)},
		Answers: []Item{
			{Title: "Accept", Do: Send{control.Command{Verb: control.Accept, Folder: id}}},
			{Title: "Decline", Do: Send{control.Command{Verb: control.Decline, Folder: id}}},
		},
	}
}

// conflicts tells of new ones in one note, every ten minutes at most.
func (m *Memory) conflicts(p control.Picture, now time.Time, n *News) {
	var fresh int
	var where []control.Folder
	all := make(map[string]int)
	for _, f := range p.Folders {
		id := f.ID.String()
		all[id] = f.Conflicts
		if !m.begun {
			m.clashes[id] = f.Conflicts
		}
		if more := f.Conflicts - m.clashes[id]; more > 0 {
			fresh += more
			where = append(where, f)
		} else {
			m.clashes[id] = f.Conflicts // some were resolved
		}
	}
	if fresh == 0 {
		return
	}
	if due := m.clashesAt.Add(clashesEvery); now.Before(due) {
		n.again(due)
		return
	}
	m.clashes, m.clashesAt = all, now
	place := Conflicts
	if len(where) == 1 {
		place = conflictsPlace(where[0])
	}
	title := "1 file was changed in two places"
	if fresh > 1 {
		title = control.Number(int64(fresh)) + " files were changed in two places"
	}
	n.Notes = append(n.Notes, Note{
		Key: "conflicts", Title: title, Open: Show{place}, Answers: []Item{{Title: "Resolve…", Do: Show{place}}},
		Body: "In " + list(where, func(f control.Folder) string { return name(f.Name) }) + ". Both versions are kept.",
	})
}

// brakes tells when changes are held back: that cannot wait.
func (m Memory) brakes(p control.Picture, n *News) {
	for _, f := range p.Folders {
		id, held := f.ID.String(), f.State == control.Held
		switch {
		case !held && m.held[id]:
			delete(m.held, id)
			n.Gone = append(n.Gone, "held "+id)
		case held && !m.held[id]:
			m.held[id] = true
			n.Notes = append(n.Notes, Note{
				Key: "held " + id, Title: control.Things(int64(f.Held), "change") + " in " + name(f.Name) + " held back", Stay: true,
				Body:    "Many files would be deleted or replaced at once. Nothing happens to them until you decide.",
				Open:    Show{folderPlace(f)},
				Answers: []Item{{Title: "Look at it…", Do: Show{folderPlace(f)}}},
			})
		}
	}
}

// troubles tells of folders that cannot be reached or brought in step, when that
// lasts; of each once a day at most.
func (m Memory) troubles(p control.Picture, now time.Time, n *News) {
	for _, f := range p.Folders {
		id := f.ID.String()
		t := m.bad[id]
		if f.State != control.Unavailable && f.State != control.Failing {
			if !t.since.IsZero() {
				n.Gone = append(n.Gone, "trouble "+id)
			}
			t.since = time.Time{}
			m.bad[id] = t
			continue
		}
		if t.since.IsZero() {
			t.since = now
		}
		due := t.since.Add(troubleLasts)
		if !t.told.IsZero() && due.Before(t.told.Add(troubleEvery)) {
			due = t.told.Add(troubleEvery)
		}
		if now.Before(due) {
			n.again(due)
		} else {
			t.told = now
			n.Notes = append(n.Notes, troubleNote(f))
		}
		m.bad[id] = t
	}
}

func troubleNote(f control.Folder) Note {
	note := Note{Key: "trouble " + f.ID.String(), Title: name(f.Name) + " cannot be reached", Body: control.Escape(f.Reason), Open: Show{folderPlace(f)}}
	if f.State == control.Failing {
		note.Title = name(f.Name) + " is not all in step"
		if len(f.Problems) > 0 {
			note.Body = control.Escape(problemLine(f.Problems[0]))
			if next := f.Problems[0].Next; next != "" {
				note.Body += ". Next: " + control.Escape(next)
			}
		}
	}
	return note
}

// arrivals tells, once, when a folder that was accepted is all here.
func (m Memory) arrivals(p control.Picture, n *News) {
	for _, f := range p.Folders {
		id := f.ID.String()
		if !m.known[id] {
			m.known[id] = true
			m.fresh[id] = m.begun && f.Owner != p.Device.ID
		}
		if !m.fresh[id] || f.State != control.InStep || f.Files == 0 || f.NeedFiles > 0 || !slices.ContainsFunc(f.Members, inStep) {
			continue
		}
		delete(m.fresh, id)
		n.Notes = append(n.Notes, Note{
			Key: "here " + id, Title: name(f.Name) + " is all here",
			Body: control.Things(f.Files, "file") + ", " + control.Size(f.Bytes) + ". From now on it is kept the same.",
			Open: OpenDir{f.Path},
		})
	}
}

func inStep(m control.Member) bool { return m.Connected && m.InStep }

// list says the first three of some things, and how many more there are.
func list[T any](all []T, word func(T) string) string {
	const most = 3
	out := ""
	for i, x := range all[:min(len(all), most)] {
		if i > 0 {
			out += ", "
		}
		out += word(x)
	}
	if more := len(all) - most; more > 0 {
		out += " and " + control.Number(int64(more)) + " more"
	}
	return out
}

// faultNote tells of something that was chosen in the menu and did not work.
func faultNote(err error, next string) Note {
	body := control.Escape(err.Error())
	if next != "" {
		body += ". Next: " + control.Escape(next)
	}
	return Note{Key: "fault", Title: "That did not work", Body: body, Open: Show{Overview}}
}
