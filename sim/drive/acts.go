package drive

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Pair makes two running devices trust each other: each is told to pair with the
// other, by the name under which it sees it, and says yes.
func Pair(ctx context.Context, a, b *Device) error {
	if err := Meet(ctx, a, b); err != nil {
		return err
	}
	return both(ctx, a, b, []string{"pair", b.Name, "--yes"}, []string{"pair", a.Name, "--yes"})
}

// PairAt is Pair where b is not seen but its address is known.
func PairAt(ctx context.Context, a, b *Device, addr string) error {
	return both(ctx, a, b, []string{"pair", addr, "--yes"}, []string{"pair", "--yes"})
}

// Meet waits until two running devices see each other on the network.
func Meet(ctx context.Context, a, b *Device) error {
	g, ctx := errgroup.WithContext(ctx)
	for from, to := range map[*Device]*Device{a: b, b: a} {
		g.Go(func() error {
			return from.Until(ctx, "seeing "+to.Name, func(p Picture) bool { return p.Sees(to.Name) })
		})
	}
	return g.Wait()
}

// both gives each device its command at the same time and waits until they are
// connected.
func both(ctx context.Context, a, b *Device, forA, forB []string) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { _, err := a.Kith(gctx, forA...); return err })
	g.Go(func() error { _, err := b.Kith(gctx, forB...); return err })
	if err := g.Wait(); err != nil {
		return err
	}
	return Connected(ctx, a, b)
}

// Connected waits until two paired devices are connected.
func Connected(ctx context.Context, a, b *Device) error {
	g, ctx := errgroup.WithContext(ctx)
	for from, to := range map[*Device]*Device{a: b, b: a} {
		g.Go(func() error {
			return from.Until(ctx, "a connection with "+to.Name, func(p Picture) bool { return p.Connected(to.Name) })
		})
	}
	return g.Wait()
}

// Share shares a directory under a name with other devices.
func (d *Device) Share(ctx context.Context, dir, name string, with ...*Device) error {
	names := make([]string, len(with))
	for i, w := range with {
		names[i] = w.Name
	}
	_, err := d.Kith(ctx, "share", dir, "--name", name, "--with", strings.Join(names, ","))
	return err
}

// offer is one entry of `kith offers --json`.
type offer struct {
	Name string `json:"name"`
}

// Offered waits until the device has been offered a folder of that name.
func (d *Device) Offered(ctx context.Context, name string) error {
	for {
		out, err := d.Kith(ctx, "offers", "--json")
		if err != nil {
			return err
		}
		var offers []offer
		if err := json.Unmarshal([]byte(out), &offers); err != nil {
			return fmt.Errorf("%s: read offers: %w in %q", d.Name, err, out)
		}
		if slices.ContainsFunc(offers, func(o offer) bool { return o.Name == name }) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: waited for an offer of %q: %w", d.Name, name, ctx.Err())
		case <-time.After(lookAgain):
		}
	}
}

// Accept waits for the offer of a folder and takes it into a directory.
func (d *Device) Accept(ctx context.Context, name, dir string) error {
	if err := d.Offered(ctx, name); err != nil {
		return err
	}
	_, err := d.Kith(ctx, "accept", name, dir)
	return err
}

// Wait waits, by the program's own word, until a folder is in step with every
// connected member.
func (d *Device) Wait(ctx context.Context, folder string, limit time.Duration) error {
	_, err := d.Kith(ctx, "wait", folder, "--timeout", limit.String())
	return err
}
