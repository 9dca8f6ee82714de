//go:build linux

package main

import (
	"errors"
	"fmt"

	"kith/sim/netlab"
)

// labFailure is the failure of the network to be built or steered.
type labFailure struct{ error }

// table stands in for a test as the owner of a network: a failure ends the
// program's work, and close takes the network down.
type table struct{ undo []func() }

func (t *table) Helper()                           {}
func (t *table) Fatal(args ...any)                 { panic(labFailure{errors.New(fmt.Sprint(args...))}) }
func (t *table) Fatalf(format string, args ...any) { panic(labFailure{fmt.Errorf(format, args...)}) }
func (t *table) Skip(args ...any)                  { t.Fatal(args...) }
func (t *table) Skipf(format string, args ...any)  { t.Fatalf(format, args...) }
func (t *table) Cleanup(f func())                  { t.undo = append(t.undo, f) }

func (t *table) close() {
	for len(t.undo) > 0 {
		last := len(t.undo) - 1
		t.undo[last]()
		t.undo = t.undo[:last]
	}
}

// twoHosts joins two hosts by a bridge. rate limits what each may send, in the
// words of tc ("1gbit"); empty: no limit.
func (t *table) twoHosts(rate string) (ends [2]end, err error) {
	defer func() {
		if failed, ok := recover().(labFailure); ok {
			err = fmt.Errorf("make a network: %w", failed.error)
		}
	}()
	lab := netlab.New(t, "sender", "receiver")
	for i, name := range []string{"sender", "receiver"} {
		h := lab.Host(name)
		if rate != "" {
			h.Run("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "1mb", "latency", "50ms")
		}
		ends[i] = end{host: h, addr: h.IP().String()}
	}
	return ends, nil
}
