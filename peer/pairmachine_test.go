package peer

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// machines returns an initiator and a responder on one connection.
func machines(seed uint64) (i, r *pairMachine) {
	rng := rand.New(rand.NewPCG(seed, 0))
	return machine(rng, true, 1, 2, 3), machine(rng, false, 1, 2, 3)
}

// machine makes a machine; keys and the binding are named by numbers.
func machine(rng *rand.Rand, initiator bool, keyI, keyR, binding byte) *pairMachine {
	m := &pairMachine{
		initiator: initiator, me: introduction{min: 1, max: 1, port: 22547, name: "Responder"},
		keys: [2]ed25519.PublicKey{bytes.Repeat([]byte{keyI}, 32), bytes.Repeat([]byte{keyR}, 32)}, binding: bytes.Repeat([]byte{binding}, 32),
		codes: allCodes,
	}
	if initiator {
		m.me.name = "Initiator"
	}
	for at := 0; at < 32; at += 8 {
		binary.BigEndian.PutUint64(m.nonce[at:], rng.Uint64())
	}
	return m
}

// exchange passes messages to and fro until there are none, or one side fails.
// alter may change a message on its way.
func exchange(i, r *pairMachine, alter func(to *pairMachine, m pairMessage) pairMessage) error {
	out, err := i.start()
	from, to := i, r
	if err == nil {
		_, err = r.start()
	}
	for len(out) > 0 && err == nil {
		var answers []pairMessage
		for _, m := range out {
			var more []pairMessage
			if more, err = to.hear(alter(to, m)); err != nil {
				return err
			}
			answers = append(answers, more...)
		}
		out, from, to = answers, to, from
	}
	return err
}

func unaltered(_ *pairMachine, m pairMessage) pairMessage { return m }

func TestBothSidesShowTheSameCode(t *testing.T) {
	i, r := machines(1)
	if err := exchange(i, r, unaltered); err != nil {
		t.Fatal(err)
	}
	ci, _ := i.shown()
	cr, ok := r.shown()
	if !ok || ci != cr || len(ci) != 6 {
		t.Errorf("codes %q and %q", ci, cr)
	}
	if i.other.name != "Responder" || r.other.name != "Initiator" {
		t.Errorf("names %q and %q", i.other.name, r.other.name)
	}
}

func TestTrustNeedsAYesOnBothSides(t *testing.T) {
	for name, order := range map[string][2]int{"the initiator first": {0, 1}, "the responder first": {1, 0}} {
		t.Run(name, func(t *testing.T) {
			i, r := machines(1)
			if err := exchange(i, r, unaltered); err != nil {
				t.Fatal(err)
			}
			both := []*pairMachine{i, r}
			for step, k := range order {
				m, other := both[k], both[1-k]
				out, err := m.accept()
				if err != nil {
					t.Fatal(err)
				}
				if m.paired() != (step == 1) || other.paired() {
					t.Errorf("step %d: paired here %v, there %v", step, m.paired(), other.paired())
				}
				if _, err := other.hear(out[0]); err != nil {
					t.Fatal(err)
				}
			}
			if !i.paired() || !r.paired() {
				t.Error("not paired in the end")
			}
		})
	}
}

func TestConsentCannotBeReflectedOrForged(t *testing.T) {
	for name, forge := range map[string]func(own pairMessage) pairMessage{
		"reflected": func(own pairMessage) pairMessage { return own },
		"made up":   func(pairMessage) pairMessage { return pairMessage{kind: pairConfirm} },
		"one bit":   func(own pairMessage) pairMessage { own.value[0] ^= 1; return own },
	} {
		for _, initiator := range []bool{true, false} {
			i, r := machines(1)
			if err := exchange(i, r, unaltered); err != nil {
				t.Fatal(err)
			}
			m := r
			if initiator {
				m = i
			}
			out, err := m.accept()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.hear(forge(out[0])); !errors.Is(err, errTampered) || m.paired() {
				t.Errorf("%s: %v, paired %v", name, err, m.paired())
			}
		}
	}
}

func TestWhatIsTamperedWithIsNoticed(t *testing.T) {
	flip := func(kind pairType) func(*pairMachine, pairMessage) pairMessage {
		return func(_ *pairMachine, m pairMessage) pairMessage {
			if m.kind == kind {
				m.value[5] ^= 1
			}
			return m
		}
	}
	for name, c := range map[string]struct {
		alter func(*pairMachine, pairMessage) pairMessage
		want  error // nil: the codes differ
	}{
		"the commitment":  {flip(pairCommit), errTampered},
		"the nonces":      {flip(pairNonce), errTampered},
		"the first nonce": {func(to *pairMachine, m pairMessage) pairMessage { return flip(pairNonce)(to, m.unless(to.initiator)) }, nil},
		"a name":          {func(to *pairMachine, m pairMessage) pairMessage { m.hello.name += "x"; return m }, errTampered},
		"the initiator's": {func(to *pairMachine, m pairMessage) pairMessage {
			if !to.initiator {
				m.hello.name += "x"
			}
			return m
		}, errTampered},
		"the versions":      {func(to *pairMachine, m pairMessage) pairMessage { m.hello.max++; return m }, errTampered},
		"no common version": {func(to *pairMachine, m pairMessage) pairMessage { m.hello.min = 2; return m }, errVersions},
		"an early yes":      {func(to *pairMachine, m pairMessage) pairMessage { m.kind = pairConfirm; return m }, errConfused},
		"an abort":          {func(to *pairMachine, m pairMessage) pairMessage { return pairMessage{kind: pairAbort, why: abortBusy} }, abortBusy},
		"our nonce comes in": {func(to *pairMachine, m pairMessage) pairMessage {
			if m.kind == pairNonce {
				m.value = to.nonce
			}
			return m
		}, errTampered},
	} {
		i, r := machines(1)
		err := exchange(i, r, c.alter)
		ci, _ := i.shown()
		cr, _ := r.shown()
		switch {
		case c.want == nil && (err != nil && !errors.Is(err, errTampered) || ci == cr && ci != ""):
			t.Errorf("%s: %v, codes %q and %q", name, err, ci, cr)
		case c.want != nil && !errors.Is(err, c.want):
			t.Errorf("%s: %v", name, err)
		}
	}
}

// unless returns a message that flipping does not touch.
func (m pairMessage) unless(yes bool) pairMessage {
	if yes && m.kind == pairNonce {
		m.value[5] ^= 1 // flipped twice: as it was
	}
	return m
}

func TestOwnKeyIsNotAPartner(t *testing.T) {
	for _, initiator := range []bool{true, false} {
		m := machine(rand.New(rand.NewPCG(1, 0)), initiator, 7, 7, 3)
		if _, err := m.start(); !errors.Is(err, errReflected) {
			t.Errorf("got %v", err)
		}
	}
}

// A code belongs to the keys and to the connection.
func TestCodeDependsOnKeysAndConnection(t *testing.T) {
	codes := map[string]bool{}
	for _, c := range [][3]byte{{1, 2, 3}, {9, 2, 3}, {1, 9, 3}, {1, 2, 9}} {
		rng := rand.New(rand.NewPCG(1, 0))
		i, r := machine(rng, true, c[0], c[1], c[2]), machine(rng, false, c[0], c[1], c[2])
		if err := exchange(i, r, unaltered); err != nil {
			t.Fatal(err)
		}
		code, _ := i.shown()
		codes[code] = true
	}
	if len(codes) != 4 {
		t.Errorf("codes %v", codes)
	}
}

// middle is someone between two devices who controls all that passes: a
// connection with each, and the best way to use the two. It goes through the
// pairing with B first, so that it knows B's code; then it may choose in what
// order and with which nonces it deals with A. The commitment lets it choose
// just once, and blindly.
func middle(rng *rand.Rand, codes uint64) (same bool, err error) {
	a := machine(rng, true, 1, 9, 4)    // A calls the middle
	b := machine(rng, false, 9, 2, 5)   // the middle calls B
	toA := machine(rng, false, 1, 9, 4) // what the middle is for A
	a.codes, b.codes = codes, codes
	own := machine(rng, true, 0, 0, 0).nonce
	for _, m := range []pairMessage{{kind: pairHello, hello: a.me}, {kind: pairNonce, value: own}} {
		if _, err := b.hear(m); err != nil {
			return false, err
		}
	}
	promise, err := toA.hear(pairMessage{kind: pairHello, hello: a.me})
	if err != nil {
		return false, err
	}
	for _, m := range append(promise, pairMessage{kind: pairNonce, value: toA.nonce}) {
		if _, err := a.hear(m); err != nil {
			return false, err
		}
	}
	return a.code == b.code, nil
}

func TestMiddlemanHasOneGuess(t *testing.T) {
	const codes, seed = 1 << 10, 42
	runs := 200_000
	if testing.Short() {
		runs /= 10
	}
	results := make(chan int)
	const workers = 4
	for w := range uint64(workers) {
		go func() {
			rng := rand.New(rand.NewPCG(seed, w))
			hits := 0
			for range runs / workers {
				same, err := middle(rng, codes)
				if err != nil {
					t.Error(err)
					break
				}
				if same {
					hits++
				}
			}
			results <- hits
		}()
	}
	hits := 0
	for range workers {
		hits += <-results
	}
	mean := float64(runs) / codes
	if sigma := math.Sqrt(mean); math.Abs(float64(hits)-mean) > 3*sigma {
		t.Errorf("seed %d: %d hits in %d runs, expected %.0f ± %.0f", seed, hits, runs, mean, 3*sigma)
	}
}

// Without keeping to its commitment the middleman would hit every time; that it
// then is caught is what makes the one guess all it has.
func TestMiddlemanWhoGrindsIsCaught(t *testing.T) {
	const codes = 1 << 10
	rng := rand.New(rand.NewPCG(7, 0))
	for range 20 {
		a, toA := machine(rng, true, 1, 9, 4), machine(rng, false, 1, 9, 4)
		a.codes, toA.codes = codes, codes
		target := rng.Uint64N(codes) // B's code, known already
		err := exchange(a, toA, func(to *pairMachine, m pairMessage) pairMessage {
			if to == a && m.kind == pairNonce {
				m.value = grind(rng, toA, a.nonce, target)
			}
			return m
		})
		if !errors.Is(err, errTampered) {
			t.Fatalf("not caught: %v", err)
		}
	}
}

// grind finds a responder's nonce which gives the target code.
func grind(rng *rand.Rand, r *pairMachine, initiators [32]byte, target uint64) [32]byte {
	for {
		try := *r
		var nonce [32]byte
		binary.BigEndian.PutUint64(nonce[:], rng.Uint64())
		if err := try.derive([2][32]byte{initiators, nonce}); err == nil && try.code == target {
			return nonce
		}
	}
}

func FuzzPairMessage(f *testing.F) {
	f.Add([]byte{byte(pairAbort), 1})
	f.Add(pairMessage{kind: pairHello, hello: introduction{1, 1, 22547, "Anna's laptop"}}.append(nil))
	f.Add(pairMessage{kind: pairCommit, value: [32]byte{1, 2}}.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readPairMessage(bytes.NewReader(b))
		if err != nil {
			return
		}
		again := m.append(nil)
		if len(again) > 512 || !bytes.HasPrefix(b, again) {
			t.Errorf("%x became %x", b, again)
		}
		if m2, err := readPairMessage(bytes.NewReader(again)); err != nil || !reflect.DeepEqual(m, m2) {
			t.Errorf("%+v became %+v, %v", m, m2, err)
		}
	})
}

// Whatever comes in whatever order, nothing is trusted without the other's proof.
func FuzzPairMachine(f *testing.F) {
	i, r := machines(1)
	var whole []byte
	if err := exchange(i, r, func(to *pairMachine, m pairMessage) pairMessage {
		if to == i {
			whole = m.append(whole)
		}
		return m
	}); err != nil {
		f.Fatal(err)
	}
	f.Add(true, whole)
	f.Add(false, whole)
	f.Add(true, []byte{byte(pairAbort), 2})
	f.Fuzz(func(t *testing.T, initiator bool, b []byte) {
		i, r := machines(1)
		m := r
		if initiator {
			m = i
		}
		if _, err := m.start(); err != nil {
			t.Fatal(err)
		}
		in := bytes.NewReader(b)
		for {
			message, err := readPairMessage(in)
			if err != nil {
				break
			}
			if _, err := m.hear(message); err != nil {
				break
			}
			if _, known := m.shown(); known && !m.yesHere {
				if _, err := m.accept(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if m.paired() {
			t.Error("paired with nobody")
		}
	})
}
