package control

import (
	"context"
	"net"
	"strconv"
)

// rename changes what this device calls itself.
func (d *Desk) rename(_ context.Context, c Command) (Reply, error) {
	if c.Name == "" {
		return Reply{}, usage("no name given")
	}
	if err := d.SetName(c.Name); err != nil {
		return Reply{}, err
	}
	d.Changed()
	return Reply{Text: "This device is now called " + d.Name() + "."}, nil
}

// listen changes the address on which other devices reach this one; empty: the
// usual one.
func (d *Desk) listen(_ context.Context, c Command) (Reply, error) {
	if c.Addr != "" {
		host, port, err := net.SplitHostPort(c.Addr)
		n, portErr := strconv.ParseUint(port, 10, 16)
		if err != nil || portErr != nil || n == 0 || host != "" && net.ParseIP(host) == nil {
			return Reply{}, usage("%q is not an address to listen on", c.Addr).Hint("say it as in :22547 or 192.168.1.5:22547, or leave it empty")
		}
	}
	err := d.save(func(s *Settings) error {
		s.Listen = c.Addr
		return nil
	})
	return Reply{Text: "Saved. It counts from the next start of Kith on."}, err
}

// welcome remembers that this person was shown how to begin, or does not want to
// be.
func (d *Desk) welcome(context.Context, Command) (Reply, error) {
	err := d.save(func(s *Settings) error {
		s.Welcomed = true
		return nil
	})
	return Reply{}, err
}
