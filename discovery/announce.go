package discovery

import (
	"fmt"
	"time"

	"github.com/grandcat/zeroconf"
)

// ttl is how long other programs may remember our record, in seconds.
const ttl = 120

// announce makes this device answer on the network n. The library announces the
// addresses and listens on the interfaces that it is given here, for good; after
// a change there must be a new announcement.
func announce(self Self, n network) (*zeroconf.Server, error) {
	var ips []string
	for _, a := range n.addrs() {
		ips = append(ips, a.String())
	}
	server, err := zeroconf.RegisterProxy(instance(self.Device), service, domain, self.Port,
		hostname(self.Device), ips, text(self), n.interfaces())
	if err != nil {
		return nil, fmt.Errorf("announce: %w", err)
	}
	setTTL(server)
	return server, nil
}

// setTTL is not watched by the race detector. The library has no way to set the
// number before its goroutines run, which read it. It is one machine word: they
// read the old number, of 3200 seconds, or the new one, and either is valid.
//
//go:norace
func setTTL(server *zeroconf.Server) { server.TTL(ttl) }

// withdraw says goodbye and takes the announcement down. It does not wait for
// the library longer than a second.
func withdraw(server *zeroconf.Server) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Shutdown()
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
}
