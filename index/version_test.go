package index

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

var (
	actorA = Actor{Device: 1, Epoch: 1}
	actorB = Actor{Device: 1, Epoch: 2} // the same device in another life
	actorC = Actor{Device: 2, Epoch: 1}
)

func version(a, b, c uint64) Version {
	var v Version
	for i, n := range []uint64{a, b, c} {
		if n > 0 {
			v = append(v, Counter{[]Actor{actorA, actorB, actorC}[i], n})
		}
	}
	return v
}

func anyVersion() *rapid.Generator[Version] {
	return rapid.Custom(func(t *rapid.T) Version {
		n := rapid.Uint64Range(0, 3)
		return version(n.Draw(t, "a"), n.Draw(t, "b"), n.Draw(t, "c"))
	})
}

func TestVersionCompare(t *testing.T) {
	for _, c := range []struct {
		v, w Version
		want Order
	}{
		{nil, nil, Equal},
		{nil, version(1, 0, 0), Older},
		{version(1, 0, 0), version(1, 0, 0), Equal},
		{version(2, 0, 0), version(1, 0, 0), Newer},
		{version(1, 0, 0), version(0, 1, 0), Concurrent},
		{version(1, 0, 1), version(1, 0, 0), Newer},
		{version(2, 0, 1), version(1, 0, 2), Concurrent},
		{version(1, 1, 1), version(1, 2, 1), Older},
	} {
		if got := c.v.Compare(c.w); got != c.want {
			t.Errorf("%v is %v to %v, want %v", c.v, got, c.w, c.want)
		}
	}
}

func TestVersionsAreALattice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, w, x := anyVersion().Draw(t, "v"), anyVersion().Draw(t, "w"), anyVersion().Draw(t, "x")
		joined := v.Join(w)
		laws := map[string]bool{
			"comparing is symmetric":             v.Compare(w) == opposite(w.Compare(v)),
			"equal is the same":                  (v.Compare(w) == Equal) == slices.Equal(v, w),
			"newer is transitive":                !v.Contains(w) || !w.Contains(x) || v.Contains(x),
			"a join contains both":               joined.Contains(v) && joined.Contains(w),
			"a join is the least that does":      !x.Contains(v) || !x.Contains(w) || x.Contains(joined),
			"joining does not ask for the order": slices.Equal(joined, w.Join(v)),
			"joining in groups is the same":      slices.Equal(joined.Join(x), v.Join(w.Join(x))),
			"joining with itself changes naught": slices.Equal(v.Join(v), v),
			"a join is well formed":              joined.Valid() == nil,
		}
		for law, holds := range laws {
			if !holds {
				t.Errorf("it does not hold that %s: v %v, w %v, x %v", law, v, w, x)
			}
		}
	})
}

func opposite(o Order) Order {
	switch o {
	case Older:
		return Newer
	case Newer:
		return Older
	}
	return o
}

func TestBumpCountsOneChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyVersion().Draw(t, "v")
		was := slices.Clone(v)
		a := rapid.SampledFrom([]Actor{actorA, actorB, actorC}).Draw(t, "actor")
		w := v.Bump(a)
		switch {
		case w.Compare(v) != Newer || w.Count(a) != v.Count(a)+1 || w.Valid() != nil:
			t.Fatalf("%v bumped by %v is %v", v, a, w)
		case !slices.Equal(v, was):
			t.Fatalf("bumping changed the version itself: %v, was %v", v, was)
		}
		b := rapid.SampledFrom([]Actor{actorA, actorB, actorC}).Draw(t, "another")
		if u := v.Bump(b); a != b && u.Compare(w) != Concurrent {
			t.Fatalf("bumps of %v by two actors are %v", v, u.Compare(w))
		}
	})
}

func TestVersionValid(t *testing.T) {
	crowd := make(Version, MaxActors+1)
	for i := range crowd {
		crowd[i] = Counter{Actor{Device: Short(i), Epoch: 1}, 1}
	}
	for _, c := range []struct {
		name string
		v    Version
		ok   bool
	}{
		{"nobody's", nil, true},
		{"in order", version(1, 2, 3), true},
		{"as many actors as may be", crowd[:MaxActors], true},
		{"too many actors", crowd, false},
		{"the greatest count", Version{{actorA, MaxCount}}, true},
		{"too great a count", Version{{actorA, MaxCount + 1}}, false},
		{"a zero count", Version{{actorA, 0}}, false},
		{"a zero epoch", Version{{Actor{Device: 1}, 1}}, false},
		{"twice the same", Version{{actorA, 1}, {actorA, 2}}, false},
		{"out of order", Version{{actorB, 1}, {actorA, 1}}, false},
	} {
		if err := c.v.Valid(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestVersionString(t *testing.T) {
	if got, want := version(1, 0, 12).String(), "0000000000000001.1:1 0000000000000002.1:12"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDeviceIDsAreWrittenAndRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d DeviceID
		copy(d[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "id"))
		for _, s := range []string{d.String(), upper(d.String())} {
			if got, err := ParseDeviceID(s); err != nil || got != d {
				t.Fatalf("%s: %v, %v", s, got, err)
			}
		}
		if len(d.String()) != 52 || d.String()[:8] != d.Brief() {
			t.Fatalf("%s, briefly %s", d, d.Brief())
		}
	})
}

func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

func TestWhatIsNoID(t *testing.T) {
	id := DeviceID{1, 2, 3}.String()
	for _, s := range []string{"", id[:51], id + "a", "1" + id[1:], id[:51] + "b", " " + id[1:], id[:51] + "\n"} {
		if d, err := ParseDeviceID(s); err == nil {
			t.Errorf("device %q is read as %v", s, d)
		}
	}
	for _, s := range []string{"", "00", FolderID{1}.String() + "0", "g" + FolderID{1}.String()[1:]} {
		if f, err := ParseFolderID(s); err == nil {
			t.Errorf("folder %q is read as %v", s, f)
		}
	}
	if _, err := ParseRole("owner"); err == nil {
		t.Error("owner is read as a role")
	}
	if _, err := ParseHash("ab"); err == nil {
		t.Error("ab is read as a hash")
	}
}

func TestTextForms(t *testing.T) {
	d, f, r := DeviceID{0xff, 9}, FolderID{7, 0xab}, Receive
	var d2 DeviceID
	var f2 FolderID
	var r2 Role
	for _, c := range []struct {
		from interface{ MarshalText() ([]byte, error) }
		to   interface{ UnmarshalText([]byte) error }
	}{{d, &d2}, {f, &f2}, {r, &r2}} {
		text, err := c.from.MarshalText()
		if err := errors.Join(err, c.to.UnmarshalText(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if d2 != d || f2 != f || r2 != r {
		t.Errorf("%v %v %v came back as %v %v %v", d, f, r, d2, f2, r2)
	}
	if h, err := ParseHash(Hash{0xfe, 1}.String()); err != nil || h != (Hash{0xfe, 1}) {
		t.Errorf("hash: %v, %v", h, err)
	}
}
