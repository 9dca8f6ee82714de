package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"kith/control"
)

type pairCmd struct {
	Device string `arg:"" optional:"" help:"A device nearby, by name or the start of its ID, or an address. Without it, wait to be asked."`
	Yes    bool   `help:"Say yes without asking, for scripts."`
}

// How long a person on the other side may take, and a device to be seen.
const (
	pairWithin = 120 * time.Second
	seeWithin  = 10 * time.Second
)

func (c *pairCmd) Run(s *session) error {
	if !c.Yes && !s.say.asks() {
		return &control.Fault{
			Kind: control.Usage, What: "pair needs a person to compare the codes, and this is not a terminal",
			Next: "run it in a terminal, or say --yes",
		}
	}
	ctx, cancel := context.WithTimeout(s.ctx, pairWithin)
	defer cancel()
	s.ctx = ctx
	door, err := s.door()
	if err != nil {
		return err
	}
	target, err := c.target(s, door)
	if err != nil {
		return c.explain(ctx, err)
	}
	if target.paired {
		s.say.line("%s is paired already.", target.name)
		return nil
	}
	reply, err := s.ask(target.command)
	if err != nil {
		return c.explain(ctx, err)
	}
	if c.Device == "" {
		s.say.aside("Waiting for another device to ask. On it: kith pair %s", target.self)
	}
	w := pairing{s: s, yes: c.Yes, id: reply.Pairing, any: c.Device == "", device: target.id, asked: make(map[string]bool)}
	return c.explain(ctx, w.see(ctx, door))
}

// explain makes the end of our patience a fault of its own.
func (c *pairCmd) explain(ctx context.Context, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &control.Fault{
			Kind: control.TimedOut, What: fmt.Sprintf("not paired after %v: the other side did not say yes", pairWithin),
			Next: "run kith pair there and here at about the same time",
		}
	}
	return err
}

// pairTarget is whom to pair with.
type pairTarget struct {
	command control.Command
	id      string // of the device, if known
	name    string
	self    string // our own name
	paired  bool
}

// target finds out whom a word means: a device in the picture, now or in a
// moment, or else an address.
func (c *pairCmd) target(s *session, door *control.Door) (pairTarget, error) {
	p, err := door.Picture(s.ctx)
	if err != nil {
		return pairTarget{}, err
	}
	t := pairTarget{command: control.Command{Verb: control.Pair}, self: p.Device.Name}
	if c.Device == "" {
		return t, nil
	}
	d, err := p.FindDevice(c.Device, true)
	if err != nil && isAddress(c.Device) {
		t.command.Addr = c.Device
		return t, nil
	}
	if err != nil {
		d, err = await(s, door, c.Device, err)
	}
	t.command.Device, t.id, t.name, t.paired = d.ID.String(), d.ID.String(), d.Name, d.Paired
	return t, err
}

// await waits a little for a device to be seen.
func await(s *session, door *control.Door, name string, last error) (control.Device, error) {
	ctx, cancel := context.WithTimeout(s.ctx, seeWithin)
	defer cancel()
	s.say.progress("Looking for %s…", name)
	var found control.Device
	err := door.Watch(ctx, 0, func(p control.Picture) error {
		if found, last = p.FindDevice(name, true); last == nil {
			return errReached
		}
		return nil
	})
	s.say.clear()
	if !errors.Is(err, errReached) && last != nil {
		return found, last
	}
	return found, nil
}

// isAddress reports whether a word can be meant as host or host:port.
func isAddress(word string) bool {
	host := word
	if h, _, err := net.SplitHostPort(word); err == nil {
		host = h
	}
	return net.ParseIP(strings.Trim(host, "[]")) != nil || host != word || host == "localhost" || strings.Contains(host, ".")
}

// pairing watches one pairing to its end.
type pairing struct {
	s      *session
	yes    bool
	id     string // of the pairing that we began
	any    bool   // whoever asks
	device string // ID of whom we want, once known
	asked  map[string]bool
}

// see answers for the person when a code stands there, until the device is
// paired. A pairing that the other side began at the same time counts as well.
func (w *pairing) see(ctx context.Context, door *control.Door) error {
	for {
		var ask *control.Pairing
		err := door.Watch(ctx, 0, func(p control.Picture) error {
			var err error
			ask, err = w.look(p)
			return err
		})
		switch {
		case !errors.Is(err, errReached):
			return err
		case ask == nil:
			return nil
		}
		if err := w.ask(*ask); err != nil {
			return err
		}
	}
}

// look returns errReached when the device is paired, or when there is a code
// about which the person was not asked yet.
func (w *pairing) look(p control.Picture) (*control.Pairing, error) {
	for _, d := range p.Devices {
		if d.Paired && w.device != "" && d.ID.String() == w.device {
			w.s.say.line("Paired with %s.", d.Name)
			return nil, errReached
		}
	}
	for _, x := range p.Pairings {
		switch {
		case x.ID == w.id && x.State == control.PairingFailed:
			return nil, &control.Fault{Kind: control.Failed, What: "pairing ended: " + x.Reason, Next: "try again: kith pair"}
		case w.concerns(x) && x.Live() && x.Code != "" && !w.asked[x.ID]:
			return &x, errReached
		}
	}
	return nil, nil
}

func (w *pairing) concerns(x control.Pairing) bool {
	return x.ID == w.id || x.Incoming && (w.any || w.device == x.Device.String())
}

// ask has the person compare the codes, and passes the answer on.
func (w *pairing) ask(x control.Pairing) error {
	w.asked[x.ID] = true
	w.device = x.Device.String()
	w.s.say.aside("%s (%s) shows the code  %s", x.Name, x.Device.Brief(), digits(x.Code))
	yes := w.yes
	if !yes {
		var err error
		if yes, err = w.s.say.confirm("Does it show exactly the same code there?"); err != nil {
			return err
		}
	}
	if _, err := w.s.ask(control.Command{Verb: control.Answer, Pairing: x.ID, Yes: yes}); err != nil {
		return err
	}
	if !yes {
		return &control.Fault{Kind: control.Failed, What: "not paired: the codes are not the same", Next: "somebody may be in between; try again: kith pair"}
	}
	w.s.say.aside("Waiting for the other side to say yes…")
	return nil
}

func digits(code string) string {
	if len(code) != 6 {
		return code
	}
	return code[:3] + " " + code[3:]
}

type unpairCmd struct {
	Device string `arg:"" help:"A paired device, by name or the start of its ID."`
}

func (c *unpairCmd) Run(s *session) error {
	return s.do(control.Command{Verb: control.Unpair, Device: c.Device})
}
