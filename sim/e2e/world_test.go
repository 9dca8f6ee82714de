//go:build linux

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kith/sim/drive"
	"kith/sim/netlab"
	"kith/sim/people"
)

// world is a network of devices that one test looks after.
type world struct {
	*testing.T
	ctx context.Context // ends at the test's deadline
	lab *netlab.Lab
}

// device is one of them: the program, the machine it runs on, and a directory
// for the folder they share.
type device struct {
	*drive.Device
	machine *netlab.Host
	dir     string
}

// newWorld makes a network with a machine for each name. The test fails when it
// takes longer than limit.
func newWorld(t *testing.T, limit time.Duration, names ...string) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return &world{T: t, ctx: ctx, lab: netlab.New(t, names...)}
}

// device makes the device of that name. It is not running yet. When the test has
// failed, the last it said is printed.
func (w *world) device(name string) *device {
	root := w.TempDir()
	machine := w.lab.Host(name)
	d := &device{
		Device:  &drive.Device{Name: name, Home: filepath.Join(root, "home"), Program: drive.Program(w), Host: machine},
		machine: machine,
		dir:     filepath.Join(root, "folder"),
	}
	w.must(os.Mkdir(d.dir, 0o755))
	w.Cleanup(func() {
		if w.Failed() {
			w.dump(d)
		}
		if err := d.Kill(); err != nil {
			w.Error(err)
		}
	})
	return d
}

// dump prints what a device says of itself.
func (w *world) dump(d *device) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	status, err := d.Kith(ctx, "status", "--json")
	if err != nil {
		status = err.Error()
	}
	w.Logf("=== %s: status: %s\n=== %s: the last of its log:\n%s", d.Name, status, d.Name, d.Output(60))
}

// must ends the test if there is an error.
func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// step runs a part of a story; when it fails the story ends.
func (w *world) step(name string, do func(w *world)) {
	w.Helper()
	ok := w.Run(name, func(t *testing.T) {
		start := time.Now()
		do(&world{T: t, ctx: w.ctx, lab: w.lab})
		t.Logf("%.1f s", time.Since(start).Seconds())
	})
	if !ok {
		w.FailNow()
	}
}

// start starts devices.
func (w *world) start(all ...*device) {
	w.Helper()
	for _, d := range all {
		w.must(d.Start(w.ctx))
	}
}

// kith runs a command of a device, which must succeed.
func (w *world) kith(d *device, args ...string) string {
	w.Helper()
	out, err := d.Kith(w.ctx, args...)
	w.must(err)
	return out
}

// share makes from's directory a folder that the others accept into theirs.
func (w *world) share(folder string, from *device, with ...*device) {
	w.Helper()
	for _, d := range with {
		w.must(drive.Pair(w.ctx, from.Device, d.Device))
	}
	invited := make([]*drive.Device, len(with))
	for i, d := range with {
		invited[i] = d.Device
	}
	w.must(from.Share(w.ctx, from.dir, folder, invited...))
	for _, d := range with {
		w.must(d.Accept(w.ctx, folder, d.dir))
	}
}

// agree waits until the devices have the same tree, by names, sizes, times and
// permissions, and returns it. They are told to look at their disks first: an
// edit of a moment ago counts.
func (w *world) agree(folder string, all ...*device) drive.Tree {
	w.Helper()
	return w.settle(folder, drive.Reading{Names: true, Skip: people.Leftover}, all)
}

// same is agree with every byte compared.
func (w *world) same(folder string, all ...*device) drive.Tree {
	w.Helper()
	return w.settle(folder, drive.Reading{Skip: people.Leftover}, all)
}

func (w *world) settle(folder string, how drive.Reading, all []*device) drive.Tree {
	w.Helper()
	for round := 1; ; round++ {
		tree, err := settled(w.ctx, folder, how, all)
		if err == nil {
			return tree
		}
		if w.ctx.Err() != nil {
			w.Fatalf("not the same after %d looks: %v", round, err)
		}
		w.Logf("look %d: %v", round, err)
		w.pause(500 * time.Millisecond)
	}
}

// settled waits until all devices say that they are in step, and compares what
// they hold.
func settled(ctx context.Context, folder string, how drive.Reading, all []*device) (drive.Tree, error) {
	for _, d := range all {
		if _, err := d.Kith(ctx, "scan", folder); err != nil {
			return nil, err
		}
	}
	for _, d := range all {
		if err := d.Wait(ctx, folder, patience(ctx)); err != nil {
			return nil, err
		}
	}
	first, err := drive.ReadTree(all[0].dir, how)
	if err != nil {
		return nil, err
	}
	for _, d := range all[1:] {
		tree, err := drive.ReadTree(d.dir, how)
		if err == nil {
			err = drive.DiffError(first.Diff(tree))
		}
		if err != nil {
			return nil, fmt.Errorf("%s and %s: %w", all[0].Name, d.Name, err)
		}
	}
	return first, nil
}

// patience is how long one wait may take: the test's own deadline is told apart
// from a device that never gets there.
func patience(ctx context.Context) time.Duration {
	at, _ := ctx.Deadline()
	return max(time.Second, min(time.Minute, time.Until(at)-5*time.Second)).Round(time.Second)
}

// pause lets some time go by.
func (w *world) pause(d time.Duration) {
	select {
	case <-w.ctx.Done():
	case <-time.After(d):
	}
}

// eventually waits until do succeeds.
func (w *world) eventually(what string, do func() error) {
	w.Helper()
	for {
		err := do()
		if err == nil {
			return
		}
		if w.ctx.Err() != nil {
			w.Fatalf("%s: %v", what, err)
		}
		w.pause(50 * time.Millisecond)
	}
}

// place is where a person works on the device.
func (d *device) place() people.Place {
	return people.Place{Name: d.Name, Dir: d.dir, Scratch: d.Home}
}

// path returns the place of a path on the device's disk.
func (d *device) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

// holds tells whether a file has that content.
func (d *device) holds(name, content string) error {
	got, err := os.ReadFile(d.path(name))
	if err == nil && string(got) != content {
		err = fmt.Errorf("%s: %s holds %.40q, want %.40q", d.Name, name, got, content)
	}
	return err
}

// lacks tells whether nothing is at a path.
func (d *device) lacks(name string) error {
	_, err := os.Lstat(d.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%s: %s is there", d.Name, name)
	}
	return err
}

// save writes a file, with its directories.
func (w *world) save(d *device, name, content string) {
	w.Helper()
	w.must(os.MkdirAll(filepath.Dir(d.path(name)), 0o755))
	w.must(os.WriteFile(d.path(name), []byte(content), 0o644))
}
