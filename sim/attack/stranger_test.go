//go:build linux

package attack

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// TestStranger is somebody on the network whom nobody trusts.
func TestStranger(t *testing.T) {
	s := newSiege(t, "")
	stranger, err := newMallory()
	s.must(err)
	for _, a := range []struct {
		name string
		do   func(s *siege)
	}{
		{"a conversation without trust", func(s *siege) {
			if x, err := stranger.session(s.addr, lies{}); err == nil {
				x.close()
				s.Error("a conversation began")
			}
		}},
		{"pairing, then the words of a member", func(s *siege) {
			conn, err := stranger.call(s.addr, "kith-pair/1")
			s.must(err)
			defer conn.Close()
			write(conn, frame(&wire.Hello{Version: 1, Name: "x"}))
			write(conn, frame(&wire.Fetch{ID: 1, Folder: s.folder, Wants: []wire.Want{{Path: index.MustPath("dir-0/file-0"), Size: 9}}}))
			got, _ := drain(conn, 20*time.Second)
			if strings.Contains(string(got), "content 0") {
				s.Error("a file was served to a stranger")
			}
		}},
		{"names of conversations that there are not", func(s *siege) {
			for _, protocols := range [][]string{nil, {"h2"}, {"kith-sync/2"}, {"kith-pair/1", "kith-sync/1"}, {""}} {
				config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, NextProtos: protocols, Certificates: []tls.Certificate{stranger.cert}}
				conn, err := tls.Dial("tcp", s.addr, config)
				if err != nil {
					continue
				}
				write(conn, frame(&wire.Hello{Version: 1}))
				if got, _ := drain(conn, 20*time.Second); len(got) > 0 {
					s.Errorf("%q is answered with %q", protocols, got)
				}
				conn.Close()
			}
		}},
		{"no certificate, or the certificate of a member without its key", func(s *siege) {
			for _, certs := range [][]tls.Certificate{nil, {{Certificate: s.mallory.cert.Certificate, PrivateKey: stranger.key}}} {
				config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, NextProtos: []string{"kith-sync/1"}, Certificates: certs}
				conn, err := tls.Dial("tcp", s.addr, config)
				if err != nil {
					continue
				}
				write(conn, frame(&wire.Hello{Version: 1}))
				if got, _ := drain(conn, 20*time.Second); len(got) > 0 {
					s.Errorf("answered with %q", got)
				}
				conn.Close()
			}
		}},
		{"three hundred connections that say nothing", func(s *siege) {
			for range 300 {
				conn, err := net.DialTimeout("tcp", s.addr, 5*time.Second)
				s.must(err)
				s.Cleanup(func() { conn.Close() })
			}
		}},
		{"half a handshake", func(s *siege) {
			for i := range 8 {
				conn, err := net.DialTimeout("tcp", s.addr, 5*time.Second)
				s.must(err)
				s.Cleanup(func() { conn.Close() })
				write(conn, []byte{22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3}[:3+i])
			}
		}},
		{"what is no TLS", func(s *siege) {
			for _, text := range []string{"GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n", "\x00\x00\x00\x00", strings.Repeat("\xff", 100<<10)} {
				conn, err := net.DialTimeout("tcp", s.addr, 5*time.Second)
				s.must(err)
				write(conn, []byte(text))
				if got, _ := drain(conn, 20*time.Second); len(got) > 64 {
					s.Errorf("%.20q is answered with %q", text, got)
				}
				conn.Close()
			}
		}},
		{"a flood of pairings", func(s *siege) {
			for i := range 40 {
				m, err := newMallory()
				s.must(err)
				conn, err := m.call(s.addr, "kith-pair/1")
				if err != nil {
					continue // it has had enough
				}
				hello := make([]byte, 1+6+128)
				copy(hello, []byte{1, 0, 1, 0, 1, 0, 99})
				copy(hello[7:], fmt.Sprintf("ben %d", i))
				write(conn, hello)
				conn.Close()
			}
			p, err := s.anna.Status(s.ctx)
			s.must(err)
			for _, d := range p.Devices {
				if d.Paired && d.Name != "ben" && d.Name != "mallory" {
					s.Errorf("%s is paired", d.Name)
				}
			}
		}},
	} {
		t.Run(a.name, func(t *testing.T) {
			s := *s
			s.T = t
			was := s.look()
			a.do(&s)
			s.judge(was)
		})
	}
}

// TestFormerMember is taken off the list, and gets nothing more.
func TestFormerMember(t *testing.T) {
	s := newSiege(t, "both")
	x := s.session(lies{})
	ask := func(x *session) (served bool) {
		b := []index.Block{{Hash: index.Sum([]byte("content 0")), Size: 9}}
		x.mu.Lock()
		before := len(x.pieces)
		x.mu.Unlock()
		x.sayData(&wire.Fetch{ID: uint64(time.Now().UnixNano()), Folder: s.folder,
			Wants: []wire.Want{{Path: index.MustPath("dir-0/file-0"), Root: index.RootOf(b), Size: 9}}})
		if !x.await(20*time.Second, func() bool { return len(x.pieces) > before || x.over != nil }) {
			s.Fatal("no answer")
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		return len(x.pieces) > before && x.pieces[len(x.pieces)-1].Gone == ""
	}
	if !ask(x) {
		t.Fatal("a member is not served")
	}
	was := s.look()
	_, err := s.anna.Kith(s.ctx, "unpair", "mallory")
	s.must(err)
	s.eventually("the former member being cut off", func() error {
		if !ask(x) {
			return nil
		}
		return fmt.Errorf("it is served still")
	})
	if _, err := s.mallory.session(s.addr, lies{}); err == nil {
		t.Error("it begins another conversation")
	}
	s.judge(was)
}

// TestReceivingMember may take what there is, and nobody takes its changes.
func TestReceivingMember(t *testing.T) {
	s := newSiege(t, "receive")
	was := s.look()
	x := s.session(lies{piece: func(w wire.Want) []byte { return []byte("not wanted") }})
	gone := index.File{Path: index.MustPath("dir-1/file-1"), Kind: index.Deleted, By: s.mallory.id.Short(),
		Version: index.Version{{Actor: x.theirs(s), Count: 1000}}}
	over := x.file("dir-0/file-0", "not wanted")
	over.Version = gone.Version
	x.announce(s.folder, x.file("new", "not wanted"), over, gone)
	s.judge(was)
	s.judge(was) // and a while later
}
