package peer

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
)

// Pairing by comparing a short code. The initiator I dials the responder R:
//
//	I→R  introduction
//	R→I  introduction, c = H("commit", T0, nR)
//	I→R  nI                                 drawn at random, as nR is
//	R→I  nR                                 I checks c
//	both show be64(HKDF(nI‖nR, salt X, "sas"‖T0)) mod 1,000,000
//	I→R, R→I  HMAC(K, H(T0‖nI‖nR))          after the person there said yes
//
// where T0 has both keys, names and versions, and X, which is exported from TLS
// and differs on each connection. Someone in the middle has two connections, so
// two codes; the commitment makes it choose its nonces before it can know
// either, so it has one guess in a million each time that people compare.
// (Commit before reveal: Vaudenay, CRYPTO 2005.)
//
// The machine is pure: randomness, time and the connection are its user's.
type pairMachine struct {
	initiator bool
	me, other introduction
	keys      [2]ed25519.PublicKey // of the initiator, of the responder
	binding   []byte               // X
	nonce     [32]byte             // our own
	codes     uint64               // how many different codes there are

	stage      pairStage
	transcript []byte // T0
	commitment [32]byte
	secret     []byte // nI‖nR
	code       uint64
	yesHere    bool
	yesThere   bool
}

// pairStage is what the machine waits for.
type pairStage int

const (
	awaitIntroduction pairStage = iota
	awaitCommitment
	awaitNonce
	awaitPeople // the code is known
	pairingOver
)

const pairVersion = 1

// allCodes is how many codes there are: six digits.
const allCodes = 1_000_000

// Why a pairing fails by what the other side says.
var (
	errTampered  = errors.New("what came does not fit what was committed to: someone may be interfering")
	errReflected = errors.New("the other device shows our own key")
	errConfused  = errors.New("a message that does not belong here")
	errVersions  = errors.New("it speaks another version of pairing: update the older one of the two")
)

// start returns what is to be said first.
func (m *pairMachine) start() ([]pairMessage, error) {
	if subtle.ConstantTimeCompare(m.keys[0], m.keys[1]) == 1 {
		return nil, errReflected
	}
	if !m.initiator {
		return nil, nil
	}
	return []pairMessage{{kind: pairHello, hello: m.me}}, nil
}

// hear takes a message from the other side and returns what is to be said. After
// an error the pairing is over.
func (m *pairMachine) hear(in pairMessage) ([]pairMessage, error) {
	out, err := m.take(in)
	if err != nil {
		m.stage = pairingOver
	}
	return out, err
}

func (m *pairMachine) take(in pairMessage) ([]pairMessage, error) {
	switch {
	case m.stage == pairingOver:
		return nil, errConfused
	case in.kind == pairAbort:
		return nil, in.why
	case in.kind == pairHello && m.stage == awaitIntroduction:
		return m.meet(in.hello)
	case in.kind == pairCommit && m.stage == awaitCommitment:
		m.commitment, m.stage = in.value, awaitNonce
		return []pairMessage{{kind: pairNonce, value: m.nonce}}, nil
	case in.kind == pairNonce && m.stage == awaitNonce:
		return m.reveal(in.value)
	case in.kind == pairConfirm && m.stage == awaitPeople && !m.yesThere:
		return nil, m.confirmed(in.value)
	}
	return nil, errConfused
}

// meet takes the other's introduction. The responder answers with its own, and
// commits to its nonce.
func (m *pairMachine) meet(other introduction) ([]pairMessage, error) {
	if other.min > m.me.max || other.max < m.me.min {
		return nil, errVersions
	}
	m.other = other
	m.transcript = m.transcribe()
	if m.initiator {
		m.stage = awaitCommitment
		return nil, nil
	}
	m.stage = awaitNonce
	return []pairMessage{
		{kind: pairHello, hello: m.me},
		{kind: pairCommit, value: commit(m.transcript, m.nonce)},
	}, nil
}

// transcribe returns T0. Every field stands after its length.
func (m *pairMachine) transcribe() []byte {
	i, r := m.me, m.other
	if !m.initiator {
		i, r = r, i
	}
	return fields("kith-pair-v1", m.keys[0], m.keys[1], i.name, r.name, i.versions(), r.versions(), m.binding)
}

func (i introduction) versions() []byte {
	b := binary.BigEndian.AppendUint16(nil, i.min)
	return binary.BigEndian.AppendUint16(b, i.max)
}

func fields(list ...any) []byte {
	var b []byte
	for _, x := range list {
		var v []byte
		switch x := x.(type) {
		case string:
			v = []byte(x)
		case ed25519.PublicKey:
			v = x
		case []byte:
			v = x
		}
		b = binary.BigEndian.AppendUint16(b, uint16(len(v)))
		b = append(b, v...)
	}
	return b
}

func commit(transcript []byte, nonce [32]byte) [32]byte {
	h := sha256.New()
	h.Write([]byte("commit"))
	h.Write(transcript)
	h.Write(nonce[:])
	return [32]byte(h.Sum(nil))
}

// reveal takes the other's nonce. The initiator holds it against the commitment;
// the responder reveals its own.
func (m *pairMachine) reveal(theirs [32]byte) ([]pairMessage, error) {
	nonces := [2][32]byte{m.nonce, theirs}
	var out []pairMessage
	if m.initiator {
		expected := commit(m.transcript, theirs)
		if subtle.ConstantTimeCompare(expected[:], m.commitment[:]) != 1 {
			return nil, errTampered
		}
	} else {
		nonces = [2][32]byte{theirs, m.nonce}
		out = []pairMessage{{kind: pairNonce, value: m.nonce}}
	}
	if nonces[0] == nonces[1] {
		return nil, errTampered
	}
	m.stage = awaitPeople
	return out, m.derive(nonces)
}

// derive computes the code.
func (m *pairMachine) derive(nonces [2][32]byte) error {
	m.secret = append(nonces[0][:], nonces[1][:]...)
	sas, err := hkdf.Key(sha256.New, m.secret, m.binding, "sas"+string(m.transcript), 8)
	if err != nil {
		return err
	}
	m.code = binary.BigEndian.Uint64(sas) % m.codes
	return nil
}

// proof returns what proves the yes of the initiator or of the responder. Of the
// 96 bytes of keys the last 32 are not used.
func (m *pairMachine) proof(ofInitiator bool) ([32]byte, error) {
	keys, err := hkdf.Key(sha256.New, m.secret, m.binding, "keys"+string(m.transcript), 96)
	if err != nil {
		return [32]byte{}, err
	}
	key, who := keys[:32], "confirm-I"
	if !ofInitiator {
		key, who = keys[32:64], "confirm-R"
	}
	said := sha256.New()
	said.Write(m.transcript)
	said.Write(m.secret)
	h := hmac.New(sha256.New, key)
	h.Write([]byte(who))
	h.Write(said.Sum(nil))
	return [32]byte(h.Sum(nil)), nil
}

// accept notes that the person here said yes, and returns what is to be said.
func (m *pairMachine) accept() ([]pairMessage, error) {
	if m.stage != awaitPeople || m.yesHere {
		return nil, errConfused
	}
	proof, err := m.proof(m.initiator)
	m.yesHere = err == nil
	return []pairMessage{{kind: pairConfirm, value: proof}}, err
}

// confirmed takes the proof that the person there said yes.
func (m *pairMachine) confirmed(proof [32]byte) error {
	expected, err := m.proof(!m.initiator)
	if err != nil {
		return err
	}
	if !hmac.Equal(proof[:], expected[:]) {
		return errTampered
	}
	m.yesThere = true
	return nil
}

// paired reports whether both people said yes.
func (m *pairMachine) paired() bool { return m.stage == awaitPeople && m.yesHere && m.yesThere }

// shown returns the code as people see it, once it is known.
func (m *pairMachine) shown() (string, bool) {
	if m.stage != awaitPeople {
		return "", false
	}
	return fmt.Sprintf("%06d", m.code), true
}

// reasonFor tells the other device why we end.
func reasonFor(err error) abortReason {
	switch {
	case errors.Is(err, errTampered), errors.Is(err, errReflected):
		return abortTampered
	case errors.Is(err, errVersions):
		return abortVersion
	case errors.Is(err, errDenied):
		return abortDenied
	case errors.Is(err, errLate):
		return abortLate
	case errors.Is(err, errKeep):
		return abortInternal
	case errors.Is(err, errStopped):
		return abortLeaving
	}
	return abortConfused
}
