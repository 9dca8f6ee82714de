//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"kith/sim/drive"
	"kith/sim/people"
)

// judge waits until all devices are in step, and returns what does not hold.
func (w *world) judge(ctx context.Context) (bad []string) {
	began := time.Now()
	tree, err := w.converge(ctx)
	if err != nil {
		w.dump()
		return []string{fmt.Sprintf("not the same everywhere after %.0f s: %v", time.Since(began).Seconds(), err)}
	}
	places := make([]people.Place, len(w.devices))
	for i, d := range w.devices {
		places[i] = d.writer.Place
	}
	for _, err := range []error{
		w.books.Check(tree, places...), w.books.Whole(tree), w.books.Stands(tree), noOwnFiles(tree), w.steady.look(),
	} {
		if err != nil {
			bad = append(bad, err.Error())
		}
	}
	if len(bad) > 0 {
		w.dump()
	}
	written, owed := w.books.Counts()
	w.judged.Add(int64(owed))
	twice := doubles(tree)
	w.doubles += twice
	w.say("round %d: the same after %.0f s, %d paths, %d doubles among the conflict copies, %d contents written, %d owed, %s",
		w.rounds, time.Since(began).Seconds(), len(tree), twice, written, owed, w.steady)
	for _, d := range w.devices {
		if err := w.tidy(ctx, d, tree); err != nil {
			bad = append(bad, fmt.Sprintf("%s: %v", d.Name, err))
		}
	}
	// Who loses an index before that was heard brings all of them back.
	if copies := conflicts(tree); len(copies) > manyConflicts {
		if _, err := w.converge(ctx); err != nil {
			w.dump()
			bad = append(bad, fmt.Sprintf("not the same everywhere after %d conflict copies were deleted: %v", len(copies), err))
		}
	}
	return bad
}

// manyConflicts is how many conflict copies a volume has room for beside all else: if
// there are more, it is waited until they are gone everywhere.
const manyConflicts = 200

func conflicts(tree drive.Tree) (names []string) {
	for name := range tree {
		if strings.Contains(name, "(conflict") {
			names = append(names, name)
		}
	}
	return names
}

// converge waits until all devices say that they are in step and hold the same,
// and returns it.
func (w *world) converge(ctx context.Context) (drive.Tree, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	why := errors.New("it was not tried to the end")
	for {
		tree, err := w.same(ctx)
		switch {
		case err == nil:
			return tree, nil
		case ctx.Err() != nil:
			return nil, why
		}
		why = err
		first, _, _ := strings.Cut(why.Error(), "\n")
		w.say("not yet: %s", first)
		select {
		case <-ctx.Done():
			return nil, why
		case <-time.After(time.Second):
		}
	}
}

// shared is what all devices must have.
var shared = drive.Reading{Skip: people.Leftover}

// same lets every device look at its disk and say that it is in step, and
// compares what they hold.
func (w *world) same(ctx context.Context) (drive.Tree, error) {
	for _, d := range w.devices {
		if err := w.makeRoom(d, 4); err != nil {
			return nil, err
		}
		if err := w.approve(ctx, d); err != nil {
			return nil, err
		}
		if _, err := d.Kith(ctx, "scan", folder); err != nil {
			return nil, err
		}
	}
	for _, d := range w.devices {
		if err := d.Wait(ctx, folder, 30*time.Second); err != nil {
			return nil, err
		}
	}
	first, err := drive.ReadTree(w.devices[0].writer.Dir, shared)
	if err != nil {
		return nil, err
	}
	for _, d := range w.devices[1:] {
		tree, err := drive.ReadTree(d.writer.Dir, shared)
		if err != nil {
			return nil, err
		}
		want := first
		if d.volume.blind {
			want, tree = coarse(want), coarse(tree)
		}
		if err := drive.DiffError(want.Diff(tree)); err != nil {
			return nil, fmt.Errorf("%s and %s: %w", w.devices[0].Name, d.Name, err)
		}
	}
	return first, nil
}

// approve lets go what the brake holds: the people mean it.
func (w *world) approve(ctx context.Context, d *device) error {
	p, err := d.Status(ctx)
	if err != nil {
		return err
	}
	if f, _ := p.Folder(folder); f.State == "held" {
		w.done["approved"]++
		_, err = d.Kith(ctx, "approve", folder)
	}
	return err
}

// tick is the shortest time that NTFS knows, in ns.
const tick = 100

// coarse is a tree as a volume can hold it that knows no permissions, and only
// ticks.
func coarse(tree drive.Tree) drive.Tree {
	out := make(drive.Tree, len(tree))
	for name, e := range tree {
		e.Mode &= fs.ModeType
		e.Modified -= e.Modified % tick
		out[name] = e
	}
	return out
}

// noOwnFiles tells whether nothing of the program's own lies among the files.
func noOwnFiles(tree drive.Tree) error {
	for name := range tree {
		if base := path.Base(name); strings.HasPrefix(base, ".kith") && base != ".kithignore" {
			return fmt.Errorf("a file of the program itself lies among the others: %q", name)
		}
	}
	return nil
}

// doubles counts conflict copies too many: those that hold the same as another
// copy of the same file. They lose nothing, and people have to look at them.
func doubles(tree drive.Tree) (n int) {
	type copyOf struct {
		name string
		hash [32]byte
	}
	seen := map[copyOf]bool{}
	for name, e := range tree {
		original, _, conflict := strings.Cut(name, " (conflict, ")
		if c := (copyOf{original, e.Hash}); conflict && seen[c] {
			n++
		} else if conflict {
			seen[c] = true
		}
	}
	return n
}

// tidy does what a person does who runs out of room: it throws away earlier
// versions where half of the volume is used, and on one device the conflict copies.
func (w *world) tidy(ctx context.Context, d *device, tree drive.Tree) error {
	var errs []error
	if d == w.devices[w.rounds%len(w.devices)] {
		for _, name := range conflicts(tree) {
			errs = append(errs, d.writer.Remove(name))
		}
		_, err := d.Kith(ctx, "scan", folder)
		errs = append(errs, err, w.approve(ctx, d))
	}
	return errors.Join(append(errs, w.makeRoom(d, 2))...)
}

// makeRoom throws earlier versions away where less than a part of the volume is
// free.
func (w *world) makeRoom(d *device, part int64) error {
	free, all, err := d.volume.room()
	if err == nil && free < all/part && d.volume.name != plain.name {
		err = w.books.Purge(d.writer.Place)
	}
	return err
}

// dump prints what the devices say of themselves.
func (w *world) dump() {
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	for _, d := range w.devices {
		status, err := d.Kith(ctx, "status")
		w.say("=== %s on %s: %s %v\n%s", d.Name, d.volume.name, status, err, d.Output(30))
	}
}
