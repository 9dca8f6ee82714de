package disk

import (
	"fmt"
	"os"
	"slices"
	"time"

	"kith/index"
	"kith/syncer/plan"
)

// Traits is what this disk can do, as tried out on it.
type Traits struct {
	CaseBlind   bool          // a and A are one name
	FormBlind   bool          // composed and decomposed characters are one name
	Respells    bool          // lists some names differently than they were given
	Permissions bool          // keeps permission bits
	Exchange    bool          // swaps two objects in one step
	Grain       time.Duration // how finely it keeps times
}

// Aliases reports whether an object answers to other spellings of its name.
func (t Traits) Aliases() bool { return t.CaseBlind || t.FormBlind }

// ordinary gives an object ordinary permissions where the disk keeps none: those that it
// shows are the same for all, and often open to everybody. Its identity has what is shown.
func (t Traits) ordinary(e *index.Entry) {
	switch {
	case t.Permissions:
	case e.Kind == index.Regular:
		e.Mode = 0o644
	case e.Kind == index.Directory:
		e.Mode = 0o755
	}
}

// probe tries the disk out in the directory for drafts.
func (t *Tree) probe() (Traits, error) {
	const name, other, composed, decomposed = "probe-Aa", "probe-aA", "probe-\u00e9", "probe-e\u0301"
	sweep := func() {
		for _, n := range []string{name, other, composed, decomposed} {
			t.drafts.unlink(n)
		}
	}
	sweep()
	defer sweep()
	f, err := t.drafts.create(name, 0o600)
	if err != nil {
		return Traits{}, fmt.Errorf("try the disk: %w", err)
	}
	defer f.Close()
	var traits Traits
	_, err = t.drafts.lstat(other)
	traits.CaseBlind = err == nil
	traits.Respells = !t.lists(name)
	traits.Permissions = keepsMode(t.drafts, name, f.File)
	traits.Grain = grain(t.drafts, name, f.File)
	if g, err := t.drafts.create(composed, 0o600); err == nil {
		g.Close()
		_, err = t.drafts.lstat(decomposed)
		traits.FormBlind = err == nil
		traits.Respells = traits.Respells || !t.lists(composed)
		traits.Exchange = t.drafts.exchange(name, t.drafts, composed) == nil
	}
	t.noExchange.Store(!traits.Exchange)
	return traits, nil
}

// lists reports whether a draft is listed under the name it was given.
func (t *Tree) lists(name string) bool {
	names, err := t.drafts.names()
	return err == nil && slices.Contains(names, name)
}

// tryName verifies, on a disk that lists some names differently, that it is not
// so with this one.
func (t *Tree) tryName(name string) error {
	if !t.traits.Respells {
		return nil
	}
	try, err := t.drafts.ensure("try")
	if err != nil {
		return err
	}
	defer try.close()
	if err := try.mkdir(name, 0o700); err != nil && !isExist(err) {
		return err
	}
	defer try.rmdir(name)
	names, err := try.names()
	if err == nil && !slices.Contains(names, name) {
		err = fmt.Errorf("%w: it would be listed as another one", plan.ErrName)
	}
	return err
}

// keepsMode reports whether the disk keeps permission bits, seen by setting some
// that no mount option would choose.
func keepsMode(d *dir, name string, f *os.File) bool {
	if d.chmodFile(f, 0o640) != nil {
		return false
	}
	first, err := d.lstat(name)
	if err != nil || first.id.Mode != 0o640 || d.chmodFile(f, 0o600) != nil {
		return false
	}
	second, err := d.lstat(name)
	return err == nil && second.id.Mode == 0o600
}

// grain finds how finely the disk keeps times.
func grain(d *dir, name string, f *os.File) time.Duration {
	const odd = 1_600_000_001_123_456_789
	if d.touch(f, name, odd) != nil {
		return 0
	}
	n, err := d.lstat(name)
	if err != nil {
		return 0
	}
	for _, g := range []time.Duration{1, 100, time.Microsecond, time.Millisecond, 10 * time.Millisecond, time.Second} {
		if lost := time.Duration(odd - n.id.Modified); lost > -g && lost < g {
			return g
		}
	}
	return 2 * time.Second
}
