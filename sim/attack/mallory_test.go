//go:build linux

package attack

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// mallory is a device whose program is written by an attacker: a key that others
// may trust, and nothing that keeps to any rule.
type mallory struct {
	cert tls.Certificate
	id   index.DeviceID
	key  ed25519.PrivateKey
}

func newMallory() (*mallory, error) {
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, public, key)
	if err != nil {
		return nil, err
	}
	return &mallory{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, wire.DeviceOf(public), key}, nil
}

// call opens one connection, for one of the conversations there are.
func (m *mallory) call(addr, protocol string) (*tls.Conn, error) {
	d := tls.Dialer{
		NetDialer: &net.Dialer{Timeout: 10 * time.Second},
		Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13,
			NextProtos: []string{protocol}, Certificates: []tls.Certificate{m.cert}},
	}
	conn, err := d.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return conn.(*tls.Conn), nil
}

// session is a conversation that mallory began. What it hears it keeps; what it
// is asked for it answers with what lies says, if anything.
type session struct {
	m             *mallory
	control, data *tls.Conn

	mu     sync.Mutex // guards what follows
	heard  []wire.Message
	pieces []wire.Piece
	over   error
	news   chan struct{} // closed and renewed when something was heard
	lies   lies
	seq    index.Seq
	epoch  index.Epoch
}

// lies is how mallory answers questions.
type lies struct {
	blocks func(wire.WantBlocks) []wire.Message // nil: it says that there is none
	piece  func(wire.Want) []byte               // nil, or of it: it says that it is gone
	silent bool                                 // it says nothing
	pace   time.Duration                        // it waits so long before each piece
}

// session opens both connections, as an honest device does.
func (m *mallory) session(addr string, l lies) (*session, error) {
	s := &session{m: m, news: make(chan struct{}), lies: l}
	var id, instance [16]byte
	var epoch [4]byte
	rand.Read(id[:])
	rand.Read(instance[:])
	rand.Read(epoch[:])
	s.epoch = index.Epoch(binary.BigEndian.Uint32(epoch[:]) | 1)
	for _, data := range []bool{false, true} {
		conn, err := m.call(addr, "kith-sync/1")
		if err != nil {
			return nil, err
		}
		hello := &wire.Hello{Version: wire.Version, App: "0", Name: "mallory", Session: id, Data: data, Instance: instance}
		if err := wire.NewWriter(conn).Write(hello); err != nil {
			return nil, err
		}
		in := wire.NewReader(conn)
		conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		answer, err := in.Next()
		conn.SetReadDeadline(time.Time{})
		if err != nil {
			return nil, err
		}
		if _, ok := answer.(*wire.Hello); !ok {
			return nil, fmt.Errorf("answered with %+v", answer)
		}
		if data {
			s.data = conn
			go s.listen(in, s.hearData)
		} else {
			s.control = conn
			go s.listen(in, s.hearControl)
		}
	}
	return s, nil
}

// close ends both connections.
func (s *session) close() {
	s.control.Close()
	s.data.Close()
}

// listen reads until the connection ends.
func (s *session) listen(in *wire.Reader, hear func(*wire.Reader, wire.Message)) {
	for {
		m, err := in.Next()
		s.mu.Lock()
		if err != nil {
			s.over = errors.Join(s.over, err)
			s.wake()
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		hear(in, m)
	}
}

// wake is called with the lock held.
func (s *session) wake() {
	close(s.news)
	s.news = make(chan struct{})
}

func (s *session) hearControl(_ *wire.Reader, m wire.Message) {
	switch m := m.(type) {
	case *wire.Ping:
		s.say(&wire.Pong{ID: m.ID})
		return
	case *wire.WantBlocks:
		switch {
		case s.lies.blocks != nil:
			s.say(s.lies.blocks(*m)...)
		case !s.lies.silent:
			s.say(&wire.GiveBlocks{ID: m.ID, Gone: "gone"})
		}
	}
	s.keep(m)
}

func (s *session) hearData(in *wire.Reader, m wire.Message) {
	switch m := m.(type) {
	case *wire.Ping:
		s.sayData(new(wire.Ping))
	case *wire.Piece:
		p := wire.Piece{ID: m.ID, Index: m.Index, Gone: m.Gone, Data: make([]byte, in.Payload())}
		if in.ReadPayload(p.Data) == nil {
			s.mu.Lock()
			s.pieces = append(s.pieces, p)
			s.wake()
			s.mu.Unlock()
		}
	case *wire.Fetch:
		s.keep(m)
		if s.lies.pace > 0 {
			go s.answer(m) // pings are answered meanwhile
			return
		}
		s.answer(m)
	}
}

// answer says what lies has to say, until the conversation is over.
func (s *session) answer(m *wire.Fetch) {
	for i, w := range m.Wants {
		p := &wire.Piece{ID: m.ID, Index: uint64(i)}
		if s.lies.piece != nil {
			p.Data = s.lies.piece(w)
		}
		if p.Data == nil {
			p.Gone = "gone"
		}
		if s.lies.pace > 0 && s.await(s.lies.pace, func() bool { return s.over != nil }) {
			return
		}
		if !s.lies.silent {
			s.sayData(p)
		}
	}
}

func (s *session) keep(m wire.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, m)
	s.wake()
}

// say writes messages on the control connection; that it may be closed by now is
// no failure of an attack.
func (s *session) say(all ...wire.Message) {
	for _, m := range all {
		s.raw(frame(m))
	}
}

func (s *session) sayData(m wire.Message) { s.rawData(frame(m)) }

func (s *session) raw(b []byte)     { write(s.control, b) }
func (s *session) rawData(b []byte) { write(s.data, b) }

func write(conn net.Conn, b []byte) error {
	conn.SetWriteDeadline(time.Now().Add(20 * time.Second))
	_, err := conn.Write(b)
	return err
}

// frame is a message as it stands on the wire. It panics on one that the codec
// refuses to write: those are written by hand.
func frame(m wire.Message) []byte {
	b, err := wire.AppendFrame(nil, m)
	if err != nil {
		panic(err)
	}
	return b
}

// header is the beginning of a frame that lies about its length.
func header(n uint32, body ...byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, n), body...)
}

// await waits until cond holds of what was heard; cond is called with the lock held.
func (s *session) await(patience time.Duration, cond func() bool) bool {
	timeout := time.After(patience)
	for {
		s.mu.Lock()
		ok, news := cond(), s.news
		s.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-news:
		case <-timeout:
			return false
		}
	}
}

// ended waits until the other side closed a connection.
func (s *session) ended() bool {
	return s.await(20*time.Second, func() bool { return s.over != nil })
}

// asked waits until the other side asks for something of a path.
func (s *session) asked(path string) bool {
	return s.await(20*time.Second, func() bool {
		for _, m := range s.heard {
			switch m := m.(type) {
			case *wire.WantBlocks:
				if m.Path.String() == path {
					return true
				}
			case *wire.Fetch:
				for _, w := range m.Wants {
					if w.Path.String() == path {
						return true
					}
				}
			}
		}
		return false
	})
}

// subscribe says that the folder is open there.
func (s *session) subscribe(folder index.FolderID) {
	s.say(&wire.Subscribe{Folder: folder, Mine: index.Cursor{Epoch: s.epoch}})
}

// announce tells an index: that mallory holds these files. The first one makes
// what was said in earlier sessions void.
func (s *session) announce(folder index.FolderID, files ...index.File) {
	s.raw(s.update(folder, files...))
}

func (s *session) update(folder index.FolderID, files ...index.File) []byte {
	from := s.seq
	s.seq += index.Seq(len(files))
	return frame(&wire.Update{Folder: folder, Epoch: s.epoch, From: from, To: s.seq, Latest: s.seq, Files: files})
}

// version is a first change by mallory.
func (s *session) version() index.Version {
	return index.Version{{Actor: index.Actor{Device: s.m.id.Short(), Epoch: s.epoch}, Count: 1}}
}

// file is an honest claim: a file of one block.
func (s *session) file(path, content string) index.File {
	b := []index.Block{{Hash: index.Sum([]byte(content)), Size: uint32(len(content))}}
	return index.File{Path: index.MustPath(path), Kind: index.Regular, Size: int64(len(content)), Modified: time.Now().UnixNano(),
		Mode: 0o644, Root: index.RootOf(b), Blocks: b, Version: s.version(), By: s.m.id.Short()}
}

// dir is a directory, link a symbolic link.
func (s *session) dir(path string) index.File {
	return index.File{Path: index.MustPath(path), Kind: index.Directory, Mode: 0o755, Version: s.version(), By: s.m.id.Short()}
}

func (s *session) link(path, target string) index.File {
	return index.File{Path: index.MustPath(path), Kind: index.Symlink, Target: target, Modified: 1, Version: s.version(), By: s.m.id.Short()}
}

// theirs waits until the other side told who it is in versions.
func (s *session) theirs(x *siege) (a index.Actor) {
	x.Helper()
	if !s.await(20*time.Second, func() bool {
		for _, m := range s.heard {
			if m, ok := m.(*wire.Subscribe); ok && m.Folder == x.folder {
				a = index.Actor{Device: x.annaID.Short(), Epoch: m.Mine.Epoch}
			}
		}
		return a.Epoch != 0
	}) {
		x.Fatal("anna does not subscribe")
	}
	return a
}

// renamed is the frame of an update with a path that no Path can hold: it stands
// where another one of the same length stood.
func renamed(b []byte, from, to string) []byte {
	length := string(binary.AppendUvarint(nil, uint64(len(from)))) // it stands before the path
	if len(from) != len(to) || bytes.Count(b, []byte(length+from)) != 1 {
		panic(fmt.Sprintf("%q cannot become %q", from, to))
	}
	return bytes.Replace(b, []byte(length+from), []byte(length+to), 1)
}

// drain reads what still comes until the end, for at most a while.
func drain(conn net.Conn, patience time.Duration) ([]byte, error) {
	conn.SetReadDeadline(time.Now().Add(patience))
	return io.ReadAll(conn)
}
