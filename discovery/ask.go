package discovery

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/grandcat/zeroconf"
)

// window is how long answers to a question are waited for. Those that come
// later are still heard by the ear.
const window = 500 * time.Millisecond

// answer is something heard: a record, a beacon, or a goodbye in the name of an
// instance.
type answer struct {
	record  *zeroconf.ServiceEntry
	beacon  *beacon
	from    netip.Addr // of a beacon
	goodbye string
}

// ask asks once who is there and hands on the answers. A thorough question goes
// out by IPv6 too where there is IPv4.
//
// The library's browser is meant to stay open, but then it asks only until the
// first answer, never tells about a change, and gives up after a quarter of an
// hour. So each question has a browser of its own, for the length of window.
func ask(ctx context.Context, n network, thorough bool, answers chan<- answer) error {
	ctx, cancel := context.WithTimeout(ctx, window)
	defer cancel()
	resolver, err := newResolver(n, thorough)
	if err != nil {
		return err
	}
	entries := make(chan *zeroconf.ServiceEntry, 32) // a usual round's answers
	err = resolver.Browse(ctx, service, domain, entries)
	for e := range entries { // until the library closes it: it waits for ever to hand over an entry
		select {
		case answers <- answer{record: e}:
		case <-ctx.Done():
		}
	}
	if err != nil {
		return fmt.Errorf("ask who is there: %w", err)
	}
	return nil
}

// newResolver opens a browser for every family there is, or for one of them if
// the other does not work on this machine: the library wants all or nothing.
func newResolver(n network, thorough bool) (r *zeroconf.Resolver, err error) {
	families := []zeroconf.IPType{zeroconf.IPv4AndIPv6, zeroconf.IPv4, zeroconf.IPv6}
	switch v4, v6 := n.families(); {
	case !v4:
		families = families[2:]
	case !v6:
		families = families[1:2]
	case !thorough:
		families = families[1:]
	}
	for _, f := range families {
		r, err = zeroconf.NewResolver(zeroconf.SelectIfaces(n.interfaces()), zeroconf.SelectIPTraffic(f))
		if err == nil {
			return r, nil
		}
	}
	return nil, fmt.Errorf("open a browser: %w", err)
}
