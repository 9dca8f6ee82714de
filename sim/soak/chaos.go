//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// fate is what has been done to a device and not been mended yet.
type fate struct {
	link    func()   // puts the link right; nil if it is
	away    bool     // its volume is unmounted, and the person's hands are held
	full    bool     // its volume is
	asleep  bool     // its program is stopped
	copies  string   // where copies of its database lie
	saved   []string // those copies, oldest first
	address int      // the last byte of its next address
}

// act is one thing that is done to a device. It returns what it should not have
// found, as an error; it does nothing to a device to which it can't be done.
type act struct {
	figure string // how it is counted
	weight int
	do     func(w *world, ctx context.Context, d *device) (did bool, err error)
}

var acts = []act{
	{"kills", 40, kill},
	{"cuts", 14, cut},
	{"addresses_changed", 4, changeAddress},
	{"volumes_unmounted", 10, unmount},
	{"power_cuts", 14, cutPower},
	{"disks_filled", 6, fill},
	{"databases_rolled_back", 6, rollBack},
	{"databases_lost", 2, lose},
	{"sleeps", 5, sleep},
	{"files_kept", 12, keep},
}

// actNames are the names by which acts are counted and asked for.
func actNames() (names []string) {
	for _, a := range acts {
		names = append(names, a.figure)
	}
	return names
}

// torment does one thing after the other until ctx ends. Returned is what did
// not hold meanwhile.
func (w *world) torment(ctx context.Context) (bad []string) {
	acts, sum := slices.Clone(acts), 0
	acts = slices.DeleteFunc(acts, func(a act) bool { return w.only != "" && !slices.Contains(strings.Split(w.only, ","), a.figure) })
	for _, a := range acts {
		sum += a.weight
	}
	if sum == 0 {
		<-ctx.Done() // the people are all that happens
	}
	for ctx.Err() == nil {
		a, n := 0, w.chance.IntN(sum)
		for ; n >= acts[a].weight; a++ {
			n -= acts[a].weight
		}
		d := w.devices[w.chance.IntN(len(w.devices))]
		did, err := acts[a].do(w, context.WithoutCancel(ctx), d)
		if did {
			w.done[acts[a].figure]++
			w.say("%s: %s", d.Name, acts[a].figure)
		}
		if err != nil {
			bad = append(bad, fmt.Sprintf("%s: %s: %v", d.Name, acts[a].figure, err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(w.chance.IntN(700)) * time.Millisecond):
		}
	}
	return bad
}

// patience is how long anything may take on a machine that is busy.
const patience = 3 * time.Minute

// start starts the program of a device.
func (w *world) start(ctx context.Context, d *device) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	return d.Start(ctx)
}

// kill ends the program and starts it again; at times it keeps a copy of the
// database in between.
func kill(w *world, ctx context.Context, d *device) (bool, error) {
	if d.steady {
		return false, nil
	}
	if err := d.kill(); err != nil {
		return false, err
	}
	if w.chance.IntN(3) == 0 {
		if err := d.keepDatabase(); err != nil {
			return true, err
		}
	}
	return true, w.start(ctx, d)
}

func (d *device) kill() error {
	d.asleep = false
	return d.Kill()
}

// cut takes the link away in one of the ways there are, or brings it back.
func cut(w *world, _ context.Context, d *device) (bool, error) {
	if d.link != nil {
		d.link()
		d.link = nil
		return false, nil
	}
	h := d.machine
	way := [][2]func(){{h.LinkDown, h.LinkUp}, {h.Unplug, h.Plug}, {h.DeleteInterface, h.CreateInterface}}[w.chance.IntN(3)]
	way[0]()
	d.link = way[1]
	return true, nil
}

func changeAddress(_ *world, _ context.Context, d *device) (bool, error) {
	if d.link != nil {
		return false, nil
	}
	d.address++
	d.machine.ChangeAddr(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 77, 0, byte(d.address)}), 24))
	return true, nil
}

// unmount takes the volume away, and the person's hands from it, or brings it back.
func unmount(_ *world, _ context.Context, d *device) (bool, error) {
	if d.away {
		return false, d.remount()
	}
	if !d.volume.lasts || d.full {
		return false, nil
	}
	d.writer.Hands.Lock()
	_, err := d.volume.detach()
	if err != nil {
		d.writer.Hands.Unlock()
		if errors.Is(err, syscall.EBUSY) {
			return false, nil // as a person is told
		}
		return false, err
	}
	d.away = true
	return true, nil
}

// remount brings the volume back. Nobody should have written in its absence.
func (d *device) remount() error {
	bare := d.volume.bare()
	if err := d.volume.attach(); err != nil {
		return err
	}
	d.away = false
	d.writer.Hands.Unlock()
	return bare
}

// cutPower ends the program and the volume at once: what was not yet on the disk
// never comes there.
func cutPower(w *world, ctx context.Context, d *device) (bool, error) {
	if d.steady || d.away || !d.volume.power {
		return false, nil
	}
	d.writer.Hands.Lock()
	defer d.writer.Hands.Unlock()
	if err := d.kill(); err != nil {
		return false, err
	}
	if err := d.volume.losePower(); err != nil {
		return false, err
	}
	return true, w.start(ctx, d)
}

// fill leaves little room on the volume, or makes room again.
func fill(w *world, _ context.Context, d *device) (bool, error) {
	switch {
	case d.full:
		d.full = false
		err := os.Remove(d.volume.filler())
		if errors.Is(err, fs.ErrNotExist) { // there was no room for it, or a power cut took it
			err = nil
		}
		return false, err
	case d.away || d.volume.name == plain.name:
		return false, nil
	}
	d.full = true
	return true, d.volume.fill(int64(w.chance.IntN(2 << 20)))
}

// databases returns the files of the device's index.
func (d *device) databases() ([]string, error) {
	return filepath.Glob(filepath.Join(d.Home, "index.db*"))
}

// keepDatabase copies the database of a program that does not run.
func (d *device) keepDatabase() error {
	files, err := d.databases()
	if err != nil || len(files) == 0 {
		return err // it has none yet
	}
	to := filepath.Join(d.copies, fmt.Sprint(time.Now().UnixNano()))
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, f := range files {
		if err := copyFile(f, filepath.Join(to, filepath.Base(f))); err != nil {
			return err
		}
	}
	d.saved = append(d.saved, to)
	if len(d.saved) > 8 {
		err = os.RemoveAll(d.saved[0])
		d.saved = d.saved[1:]
	}
	return err
}

// rollBack replaces the database by an older copy of it.
func rollBack(w *world, ctx context.Context, d *device) (bool, error) {
	if d.steady || len(d.saved) == 0 {
		return false, nil
	}
	from := d.saved[w.chance.IntN(len(d.saved))]
	return true, w.withoutDatabase(ctx, d, func(dir string) error {
		files, err := os.ReadDir(from)
		for _, f := range files {
			err = errors.Join(err, copyFile(filepath.Join(from, f.Name()), filepath.Join(dir, f.Name())))
		}
		return err
	})
}

// lose deletes the database.
func lose(w *world, ctx context.Context, d *device) (bool, error) {
	if d.steady {
		return false, nil
	}
	return true, w.withoutDatabase(ctx, d, func(string) error { return nil })
}

// withoutDatabase deletes the database of a device whose program is ended for it,
// and lets then put something in its place.
func (w *world) withoutDatabase(ctx context.Context, d *device, then func(dir string) error) error {
	if err := d.kill(); err != nil {
		return err
	}
	files, err := d.databases()
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no database below %s", d.Home)
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	if err := then(filepath.Dir(files[0])); err != nil {
		return err
	}
	return w.start(ctx, d)
}

// sleep stops the program as a lid that is closed does, or wakes it.
func sleep(_ *world, _ context.Context, d *device) (bool, error) {
	if d.asleep {
		d.asleep = false
		return false, syscall.Kill(d.PID(), syscall.SIGCONT)
	}
	d.asleep = true
	return true, syscall.Kill(d.PID(), syscall.SIGSTOP)
}

// keep saves a file that nobody touches again.
func keep(_ *world, _ context.Context, d *device) (bool, error) {
	if d.away {
		return false, nil
	}
	err := d.writer.Keep()
	if errors.Is(err, syscall.ENOSPC) {
		return false, nil
	}
	return true, err
}

// mend puts everything right again.
func (w *world) mend(ctx context.Context) (bad []string) {
	for _, d := range w.devices {
		var errs []error
		if d.asleep {
			_, err := sleep(w, ctx, d)
			errs = append(errs, err)
		}
		if d.away {
			errs = append(errs, d.remount())
		}
		if d.full {
			_, err := fill(w, ctx, d)
			errs = append(errs, err)
		}
		if d.link != nil {
			d.link()
			d.link = nil
		}
		if err := errors.Join(errs...); err != nil {
			bad = append(bad, fmt.Sprintf("%s: %v", d.Name, err))
		}
		if !d.Running() {
			bad = append(bad, fmt.Sprintf("%s: its program has ended by itself:\n%s", d.Name, d.Output(40)))
		}
	}
	return bad
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}
