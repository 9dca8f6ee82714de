//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"kith/sim/drive"
)

// The steps, in the order in which they are reported.
const (
	stepIndexBig   = "index-big"
	stepCopyBig    = "copy-big"
	stepFreshBig   = "fresh-big"
	stepInsert     = "insert"
	stepPages      = "pages"
	stepIndexSmall = "index-small"
	stepCopySmall  = "copy-small"
	stepFreshSmall = "fresh-small"
	stepSave       = "save"
	stepResave     = "resave"
	stepRename     = "rename"
	stepIdle       = "idle"
)

const bigName = "big.bin"

// big measures everything about one large file.
func (b *bench) big(ctx context.Context, s *session) error {
	file := filepath.Join(s.src, bigName)
	if err := writeNoise(file, b.sizes.Big, 1); err != nil {
		return err
	}
	if err := s.firstCopy(ctx, stepIndexBig, stepCopyBig, b.sizes.Big); err != nil {
		return err
	}
	if b.wants(stepInsert) {
		next := filepath.Join(s.dir, "next.bin")
		if err := insertFront(file, next, 1024, 2); err != nil {
			return err
		}
		unix.Sync()
		if err := s.perform(ctx, work{step: stepInsert, done: s.arrived(bigName),
			do: func() error { return os.Rename(next, file) }}); err != nil {
			return err
		}
	}
	if b.wants(stepPages) {
		return s.perform(ctx, work{step: stepPages, done: s.arrived(bigName),
			do: func() error { return scatterPages(file, b.sizes.Pages, 3) }})
	}
	return nil
}

// small measures everything about many small files.
func (b *bench) small(ctx context.Context, s *session) error {
	tree := b.tree()
	if err := tree.write(s.src, 4); err != nil {
		return err
	}
	if err := s.firstCopy(ctx, stepIndexSmall, stepCopySmall, int64(tree.count)*int64(tree.mean)); err != nil {
		return err
	}
	if b.wants(stepSave) && s.Live() {
		if err := s.saves(ctx, stepSave, b.sizes.Saves, tree.file); err != nil {
			return err
		}
	}
	if b.wants(stepResave) && s.Live() {
		if err := s.saves(ctx, stepResave, b.sizes.resaves(), func(int) string { return "note.txt" }); err != nil {
			return err
		}
	}
	if b.wants(stepRename) {
		if err := s.renames(ctx, tree); err != nil {
			return err
		}
	}
	if b.wants(stepIdle) && s.Live() {
		return s.idle(ctx)
	}
	return nil
}

func (b *bench) tree() smallTree { return smallTree{b.sizes.Small, b.sizes.Mean} }

// firstCopy measures how the sender takes stock of src, and then, from the
// moment the receiver accepts, how dst becomes equal to it.
func (s *session) firstCopy(ctx context.Context, index, copied string, size int64) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	start := time.Now()
	if err := s.Offer(ctx, s.src); err != nil {
		return fmt.Errorf("%s: offer: %w", s.Name(), err)
	}
	if err := s.Indexed(ctx); err != nil {
		return fmt.Errorf("%s: index: %w", s.Name(), err)
	}
	if s.Live() {
		s.record(index, map[string]float64{mSeconds: time.Since(start).Seconds()})
	}
	return s.perform(ctx, work{step: copied, done: s.equal, bulk: true, size: size,
		do: func() error { return s.Accept(ctx, s.dst) }})
}

// fresh measures a first copy from the very beginning: the sender has not yet
// looked at its files when the clock starts.
func (s *session) fresh(ctx context.Context, step string, size int64, fill func() error) error {
	if err := fill(); err != nil {
		return err
	}
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.perform(ctx, work{step: step, done: s.equal, bulk: true, size: size, do: func() error {
		return errors.Join(s.Offer(ctx, s.src), s.Accept(ctx, s.dst))
	}})
}

// equal compares names, sizes and times of all files.
func (s *session) equal() error { return drive.Same(s.src, s.dst, drive.Reading{Names: true}) }

// arrived returns a cheap test of whether one file is on the other side.
func (s *session) arrived(name string) func() error {
	return func() error {
		a, err := os.Stat(filepath.Join(s.src, name))
		if err != nil {
			return err
		}
		b, err := os.Stat(filepath.Join(s.dst, name))
		if err == nil && (a.Size() != b.Size() || !a.ModTime().Equal(b.ModTime())) {
			err = fmt.Errorf("%s is still the old one", name)
		}
		return err
	}
}

// saveSize is the size of the file that is saved, in bytes.
const saveSize = 4096

// saves measures how long a save takes until it is on the other device: count
// saves of the files that name gives, a little while apart.
func (s *session) saves(ctx context.Context, step string, count int, name func(i int) string) error {
	chance := rand.New(noise(uint64(s.run)))
	content := noise(uint64(100 + s.run))
	buf := make([]byte, saveSize)
	var took []time.Duration
	for i := range count {
		if err := pause(ctx, 200*time.Millisecond+time.Duration(chance.Int64N(int64(300*time.Millisecond)))); err != nil {
			return err
		}
		content.Read(buf)
		d, err := s.save(ctx, name(i), buf)
		if err != nil {
			return fmt.Errorf("%s: %s: save %d: %w", s.Name(), step, i+1, err)
		}
		took = append(took, d)
	}
	slices.Sort(took)
	s.record(step, map[string]float64{
		mP50: took[len(took)/2].Seconds() * 1000,
		mP99: took[min(len(took)-1, len(took)*99/100)].Seconds() * 1000,
	})
	return nil
}

// save writes a file at the sender, and waits until the receiver has it.
func (s *session) save(ctx context.Context, name string, content []byte) (time.Duration, error) {
	if err := os.WriteFile(filepath.Join(s.src, name), content, 0o644); err != nil {
		return 0, err
	}
	start := time.Now()
	err := until(ctx, time.Millisecond, func() (bool, error) {
		got, err := os.ReadFile(filepath.Join(s.dst, name))
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return bytes.Equal(got, content), err
	})
	return time.Since(start), err
}

// renames measures the renaming of directories with many files in them.
func (s *session) renames(ctx context.Context, tree smallTree) error {
	groups := tree.groups(s.sizes.Renames)
	return s.perform(ctx, work{
		step: stepRename,
		do: func() error {
			for _, g := range groups {
				if err := os.Rename(filepath.Join(s.src, g), filepath.Join(s.src, "renamed-"+g)); err != nil {
					return err
				}
			}
			return nil
		},
		done: func() error { return s.renamed(groups) },
	})
}

// renamed tells whether the receiver has the directories under their new names,
// with all their files, and no longer under the old ones.
func (s *session) renamed(groups []string) error {
	for _, g := range groups {
		if _, err := os.Lstat(filepath.Join(s.dst, g)); err == nil {
			return fmt.Errorf("%s is still there", g)
		}
	}
	for _, g := range groups {
		g = "renamed-" + g
		if err := drive.Same(filepath.Join(s.src, g), filepath.Join(s.dst, g), drive.Reading{Names: true}); err != nil {
			return err
		}
	}
	return nil
}

// idle measures what a program uses when nothing happens. Before that it gets
// as long again to come to rest.
func (s *session) idle(ctx context.Context) error {
	if err := pause(ctx, s.sizes.Idle); err != nil {
		return err
	}
	before, err := s.counters()
	if err != nil {
		return err
	}
	if err := pause(ctx, s.sizes.Idle); err != nil {
		return err
	}
	after, err := s.counters()
	if err != nil {
		return err
	}
	used := after.since(before)
	used[mIdle] = 100 * used[mCPU] / s.sizes.Idle.Seconds()
	s.record(stepIdle, used)
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
