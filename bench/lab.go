//go:build linux

package main

import "kith/sim/netlab"

// twoHosts joins two hosts by a bridge; close takes them down. rate limits what
// each may send, in the words of tc ("1gbit"); empty: no limit.
func twoHosts(rate string) (ends [2]end, close func(), err error) {
	names := [2]string{"sender", "receiver"}
	lab, close, err := netlab.Build(names[:]...)
	if err != nil {
		return ends, nil, err
	}
	for i, name := range names {
		h := lab.Host(name)
		if rate != "" {
			h.Run("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "1mb", "latency", "50ms")
		}
		ends[i] = end{host: h, addr: h.IP().String()}
	}
	return ends, close, nil
}
