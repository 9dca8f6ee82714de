package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"kith/sim/drive"
	"kith/sim/netlab"
)

// stage is where the two devices are: on two machines of a small network inside
// this machine where that is allowed, else both on this machine itself.
type stage struct {
	lab       *netlab.Lab // nil: both on this machine
	why       error       // why there is no network
	addresses [2]string   // where the devices listen; with a network, their hosts
	close     func()
}

var hostNames = [2]string{"anna", "ben"}

// setStage builds the network, or does without.
func setStage() (*stage, error) {
	lab, close, err := netlab.Build(hostNames[:]...)
	if err == nil {
		return &stage{lab: lab, close: close, addresses: [2]string{
			lab.Host(hostNames[0]).IP().String(), lab.Host(hostNames[1]).IP().String()}}, nil
	}
	s := &stage{why: err, close: func() {}}
	for i := range s.addresses {
		if s.addresses[i], err = freeAddress(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// freeAddress finds a port that nobody listens on now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// person is somebody with a device and a folder on it.
type person struct {
	*drive.Device
	folder string // the directory that is shared
}

func (s *stage) device(i int, name, program, dir string) *person {
	d := &drive.Device{Name: name, Program: program, Home: filepath.Join(dir, hostNames[i]+"-home"), Host: drive.Here{}}
	if s.lab != nil {
		d.Host = s.lab.Host(hostNames[i])
	} else {
		d.Flags = []string{"--listen", s.addresses[i]}
	}
	return &person{Device: d, folder: filepath.Join(dir, hostNames[i])}
}

// apart cuts the two off from each other: by the cable, or, where there is none,
// by pausing both. together undoes it.
func (s *stage) apart(ctx context.Context, all ...*person) error {
	if s.lab != nil {
		s.lab.Host(hostNames[1]).Unplug()
		return nil
	}
	return s.each(ctx, "pause", all)
}

func (s *stage) howApart() string {
	if s.lab != nil {
		return "the cable is out"
	}
	return "both are paused"
}

func (s *stage) together(ctx context.Context, all ...*person) error {
	if s.lab != nil {
		s.lab.Host(hostNames[1]).Plug()
		return nil
	}
	return s.each(ctx, "resume", all)
}

func (s *stage) each(ctx context.Context, verb string, all []*person) error {
	for _, p := range all {
		if _, err := p.Kith(ctx, verb); err != nil {
			return err
		}
	}
	return nil
}

// errNoCounter is why nothing can be said about bytes on the wire.
var errNoCounter = errors.New("both devices are on one machine: no wire between them")

// wire returns how many bytes have crossed the wire so far.
func (s *stage) wire() (int64, error) {
	if s.lab == nil {
		return 0, errNoCounter
	}
	out, err := s.lab.Host(hostNames[1]).Command("cat", "/proc/net/dev").Output()
	if err != nil {
		return 0, fmt.Errorf("read interface counters: %w", err)
	}
	return drive.InterfaceBytes(string(out))
}
