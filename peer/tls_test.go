package peer

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"testing"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// certificate makes a self-signed certificate for any kind of key.
func certificate(t *testing.T, public, signer any, edit func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)}
	if edit != nil {
		edit(&template)
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, public, signer)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: signer}
}

// Every device that is not exactly the expected one is refused, and none of its
// words is read; the paired one still gets in.
func TestHandshakeMatrix(t *testing.T) {
	d, friend := newDevice(t), newDevice(t)
	d.allow(friend.ID(), true)
	self := friend.cfg.Identity.cert
	_, strange, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own := friend.cfg.Identity.key
	with := func(c ...tls.Certificate) func(*tls.Config) { return func(x *tls.Config) { x.Certificates = c } }
	big2K := func(c *x509.Certificate) { c.Subject.CommonName = string(bytes.Repeat([]byte("x"), 3<<10)) }
	for name, edit := range map[string]func(*tls.Config){
		"the expected one":    func(*tls.Config) {},
		"no certificate":      with(),
		"RSA":                 with(certificate(t, rsaKey.Public(), rsaKey, nil)),
		"ECDSA":               with(certificate(t, ecKey.Public(), ecKey, nil)),
		"another key":         with(certificate(t, strange.Public(), strange, nil)),
		"two certificates":    with(tls.Certificate{Certificate: [][]byte{self.Certificate[0], self.Certificate[0]}, PrivateKey: own}),
		"a large certificate": with(certificate(t, own.Public(), own, big2K)),
		"a huge certificate": with(certificate(t, own.Public(), own, func(c *x509.Certificate) {
			c.Subject.CommonName = string(bytes.Repeat([]byte("x"), 100<<10))
		})),
		"its key, not signed by it": with(forged(t, own, strange)),
		"TLS 1.2":                   func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 },
		"no protocol":               func(c *tls.Config) { c.NextProtos = nil },
		"another protocol":          func(c *tls.Config) { c.NextProtos = []string{"h2"} },
		"another version":           func(c *tls.Config) { c.NextProtos = []string{"kith-sync/2"} },
		"two protocols":             func(c *tls.Config) { c.NextProtos = []string{protocolSync, protocolPair} },
	} {
		t.Run(name, func(t *testing.T) {
			config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, NextProtos: []string{protocolSync},
				Certificates: []tls.Certificate{self}}
			edit(config)
			m, err := helloBy(config, d, friend)
			if want := name == "the expected one"; (err == nil) != want {
				t.Errorf("it was answered: %+v, %v", m, err)
			}
		})
	}
	friend.allow(d.ID(), true)
	friend.Reach(d.ID(), d.addr())
	receive(t, "session", d.up)
	if len(d.up) != 0 {
		t.Error("somebody else got in")
	}
}

// helloBy has a device say hello to another one, and returns the answer.
func helloBy(config *tls.Config, to, from *device) (wire.Message, error) {
	conn, err := tls.Dial("tcp", to.addr()[0].String(), config)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	// In TLS 1.3 the client learns only now that it is refused.
	if err := wire.NewWriter(conn).Write(from.hello([16]byte{1}, false)); err != nil {
		return nil, err
	}
	return wire.NewReader(conn).Next()
}

// forged makes a certificate for one key, signed by another.
func forged(t *testing.T, key, signer ed25519.PrivateKey) tls.Certificate {
	c := certificate(t, key.Public(), signer, nil)
	c.PrivateKey = key
	return c
}

func TestSessionsAreNotResumed(t *testing.T) {
	d, friend := newDevice(t), newDevice(t)
	d.allow(friend.ID(), true)
	config := dialTLS(friend.cfg.Identity, protocolSync, d.ID())
	config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	config.SessionTicketsDisabled = false
	for range 3 {
		conn, err := tls.Dial("tcp", d.addr()[0].String(), config)
		if err != nil {
			t.Fatal(err)
		}
		if err := wire.NewWriter(conn).Write(friend.hello([16]byte{1}, false)); err != nil {
			t.Fatal(err)
		}
		if _, err := wire.NewReader(conn).Next(); err != nil {
			t.Fatal(err)
		}
		if conn.ConnectionState().DidResume {
			t.Error("resumed")
		}
		conn.Close()
	}
}

// Certificates stand for a key, and nothing else that may be written in them counts:
// neither when they are valid, whatever anybody's clock says, nor what they allow.
func TestCertificatesKnowNoTime(t *testing.T) {
	d, friend := newDevice(t), newDevice(t)
	d.allow(friend.ID(), true)
	key := friend.cfg.Identity.key
	for name, edit := range map[string]func(*x509.Certificate){
		"over since 1971":       func(c *x509.Certificate) { c.NotAfter = time.Unix(1<<25, 0) },
		"not valid before 2080": func(c *x509.Certificate) { c.NotBefore = time.Unix(110*365*86400, 0) },
		"an authority":          func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true },
		"for mail only":         func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} },
	} {
		for _, years := range []int{-50, 0, 50} {
			config := dialTLS(friend.cfg.Identity, protocolSync, d.ID())
			config.Certificates = []tls.Certificate{certificate(t, key.Public(), key, edit)}
			config.Time = func() time.Time { return time.Now().AddDate(years, 0, 0) }
			conn, err := tls.Dial("tcp", d.addr()[0].String(), config)
			if err != nil {
				t.Fatalf("%s, %d years from now: %v", name, years, err)
			}
			if err := wire.NewWriter(conn).Write(friend.hello([16]byte{1}, false)); err != nil {
				t.Error(err)
			}
			if m, err := wire.NewReader(conn).Next(); err != nil || m.Type() != wire.TypeHello {
				t.Errorf("%s, %d years from now: %v, %v", name, years, m, err)
			}
			conn.Close()
		}
	}
}

// rawSession opens a session by hand, so that a test can say what it likes.
func rawSession(t *testing.T, d, from *device) (control, data *line) {
	t.Helper()
	id := [16]byte{1, 2, 3}
	lines := make([]*line, 2)
	for i := range lines {
		l, err := dial(t.Context(), dialTLS(from.cfg.Identity, protocolSync, d.ID()), d.addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		l.conn.SetDeadline(time.Now().Add(time.Minute))
		if _, err := from.greet(l, id, i == 1); err != nil {
			t.Fatal(err)
		}
		lines[i] = l
	}
	receive(t, "session", d.up)
	return lines[0], lines[1]
}

// A paired device that does not keep to the rules loses its session, and nothing else.
func TestMalformedFramesEndTheSession(t *testing.T) {
	header := func(n uint32, body ...byte) []byte { return append(binary.BigEndian.AppendUint32(nil, n), body...) }
	message := func(m wire.Message) []byte {
		b, err := wire.AppendFrame(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	large := index.MustPath("a")
	for name, c := range map[string]struct {
		data bool
		say  []byte
	}{
		"length zero":              {false, header(0)},
		"length 2^31-1":            {false, header(1<<31-1, 4)},
		"length 2^32-1":            {false, header(1<<32-1, 4)},
		"length 2^32-1 for data":   {true, header(1<<32-1, 9)},
		"a type nobody knows":      {false, header(1, 77)},
		"Hello again":              {false, message(&wire.Hello{Version: 1})},
		"Hello again for data":     {true, message(&wire.Hello{Version: 1, Data: true})},
		"a piece for control":      {false, message(&wire.Piece{ID: 1, Data: []byte("x")})},
		"an update for data":       {true, message(&wire.Update{Folder: folder})},
		"a piece nobody asked for": {true, message(&wire.Piece{ID: 1, Data: []byte("x")})},
		"a list nobody asked for":  {false, message(&wire.GiveBlocks{ID: 1})},
		"two fetches of one name": {true, append(message(&wire.Fetch{ID: 1, Wants: manyWants(large)}),
			message(&wire.Fetch{ID: 1, Wants: manyWants(large)})...)},
		"65 fetches at once": {true, manyFetches(message, large)},
		"GET / HTTP/1.1":     {false, []byte("GET / HTTP/1.1\r\n\r\n")},
	} {
		t.Run(name, func(t *testing.T) {
			d, evil := newDevice(t, slowFiles), newDevice(t)
			d.allow(evil.ID(), true)
			control, data := rawSession(t, d, evil)
			l := control
			if c.data {
				l = data
			}
			if _, err := l.conn.Write(c.say); err != nil {
				t.Fatal(err)
			}
			if err := receive(t, "end", d.down); !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("ended with %v", err)
			}
			if len(d.heard) != 0 {
				t.Error("something was heard")
			}
		})
	}
}

// slowFiles makes every file wait until the session ends.
func slowFiles(c *Config) {
	c.Open = func(ctx context.Context, _ index.DeviceID, _ index.FolderID, _ index.Path, _ index.Hash) (Content, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
}

func manyWants(p index.Path) []wire.Want {
	list := make([]wire.Want, 64)
	for i := range list {
		list[i] = wire.Want{Path: p, Offset: int64(i), Size: 1 << 20}
	}
	return list
}

func manyFetches(message func(wire.Message) []byte, p index.Path) (b []byte) {
	for i := range maxAsked + 1 {
		b = append(b, message(&wire.Fetch{ID: uint64(i + 1), Wants: []wire.Want{{Path: p, Size: 1}}})...)
	}
	return b
}

// A frame that is cut off, or does not end, is not waited for for ever.
func TestSlowFrameIsGivenUp(t *testing.T) {
	for name, pace := range map[string]time.Duration{"nothing more comes": time.Hour, "a byte a second": time.Second} {
		t.Run(name, func(t *testing.T) { drip(t, pace) })
	}
}

func TestStrangersHaveLittleRoom(t *testing.T) {
	var g gate
	far := mustAddr("192.0.2.1")
	for i := range perAddress {
		if !g.enter(far, false) {
			t.Fatalf("connection %d is refused", i)
		}
	}
	if g.enter(far, false) {
		t.Error("one too many from an address")
	}
	g.leave(far)
	if !g.enter(far, false) {
		t.Error("the place of one that left is not free")
	}
	for i := g.inside; i < maxStrangers; i++ {
		if !g.enter(nth(i), false) {
			t.Fatalf("connection %d is refused", i)
		}
	}
	if g.enter(nth(200), false) {
		t.Error("one too many in all")
	}
	if !g.enter(nth(201), true) {
		t.Error("a known address is refused")
	}
	if source(mustAddr("2001:db8::1")) != source(mustAddr("2001:db8::2")) || source(mustAddr("fe80::1%a")) != source(mustAddr("fe80::2%b")) {
		t.Error("addresses of one network count apart")
	}
}

func TestStrangerWhoSpeaksOfOtherThingsIsSentAway(t *testing.T) {
	d := newDevice(t)
	conn, err := net.Dial("tcp", d.addr()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("SSH-2.0-OpenSSH_9.9\r\nGET / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	b, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) || len(b) > 7 { // an alert of TLS, at most
		t.Errorf("got %q, %v", b, err)
	}
}
