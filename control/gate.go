package control

import (
	"log/slog"
	"net"
	"sync"
)

// gate is a listener that lets in only programs of the user we run as, and only
// so many at a time.
type gate struct {
	net.Listener
	places chan struct{} // a token for each connection that is open
	log    *slog.Logger
}

func newGate(l net.Listener, places int, log *slog.Logger) *gate {
	return &gate{l, make(chan struct{}, places), log}
}

// Accept returns the next connection that may come in.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if err := checkCaller(c); err != nil {
			g.log.Warn("caller refused at the socket", "error", err)
			c.Close()
			continue
		}
		select {
		case g.places <- struct{}{}:
			return &guest{Conn: c, leave: sync.OnceFunc(func() { <-g.places })}, nil
		default:
			g.log.Warn("socket is crowded")
			c.Close()
		}
	}
}

type guest struct {
	net.Conn
	leave func()
}

func (g *guest) Close() error {
	g.leave()
	return g.Conn.Close()
}
