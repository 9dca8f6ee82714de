package sim

import "kith/index"

func claimOf(f index.File) claim { return claim{f.Path, f.Version.String()} }

// same: one version of a path looks the same to all whose index has it.
func (l *ledger) same(d *device, f index.File) {
	if now := lookOf(f); !l.holds(d, claimOf(f), now) {
		l.breaksLocked("two things: %s learns at %s that version %v is %s, and %s", d.def.Name, f.Path, f.Version, l.claims[claimOf(f)].look, now)
	}
}

// holds notes that a device's index has a version that looks so, and reports false,
// noting nothing, if somebody's has another look of it.
func (l *ledger) holds(d *device, of claim, look string) bool {
	c := l.claims[of]
	if c == nil {
		c = &claimed{look: look, holders: map[int]bool{}}
		l.claims[of] = c
	}
	if c.look != look {
		return false
	}
	c.holders[d.nth] = true
	return true
}

// knowledge returns the look of all that a device's index has said or heard so far.
func (l *ledger) knowledge(d *device) map[claim]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[claim]string{}
	for of, c := range l.claims {
		if c.holders[d.nth] {
			all[of] = c.look
		}
	}
	return all
}

// forgets: an index is what it was when it knew so much, and no more. A version that
// nobody else has heard of is free again.
func (l *ledger) forgets(d *device, but map[claim]string) {
	for of, c := range l.claims {
		if delete(c.holders, d.nth); len(c.holders) == 0 {
			delete(l.claims, of)
		}
	}
	for of, look := range but {
		l.holds(d, of, look)
	}
}
