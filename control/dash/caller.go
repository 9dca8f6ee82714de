package dash

import (
	"log/slog"
	"net"
)

// ownUserOnly is a listener that turns away connections of which the system says
// that another user made them. It is a second line: the session is the first.
type ownUserOnly struct {
	net.Listener
	log *slog.Logger
}

// Accept returns the next connection that may come in.
func (l *ownUserOnly) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if uid, known := userOf(c); known && !welcome(uid) {
			l.log.Warn("the page refused a connection of another user", "uid", uid)
			c.Close()
			continue
		}
		return c, nil
	}
}
