package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kith/sim/drive"
)

// story is the demonstration under way.
type story struct {
	ctx       context.Context
	dir       string
	stage     *stage
	anna, ben *person
	number    int // of the act
	began     time.Time
}

// act begins a part of the story: what happens, and what there is to know.
func (s *story) act(title, note string) {
	s.number++
	fmt.Printf("\n%2d  %s\n", s.number, title)
	if note != "" {
		fmt.Printf("    %s\n", note)
	}
}

// tell says what was seen.
func (s *story) tell(format string, args ...any) { fmt.Printf("    ✓ "+format+"\n", args...) }

// play plays all of it, up to the first act that is not as it should be.
func (s *story) play() error {
	for _, part := range []func() error{
		s.meet, s.pair, s.share, s.editBoth, s.conflict, s.rename, s.undelete, s.crash, s.compare,
	} {
		if err := part(); err != nil {
			return err
		}
	}
	fmt.Printf("\nAll of it in %.0f seconds. The scratch directory, the processes and the network are gone again.\n",
		time.Since(s.began).Seconds())
	return nil
}

const folder = "Project"

// file returns the place of a path in a person's folder.
func (p *person) file(name string) string { return filepath.Join(p.folder, filepath.FromSlash(name)) }

// save writes a file, with its directories.
func (p *person) save(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(p.file(name)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(p.file(name), []byte(text), 0o644)
}

// reads tells whether a person's file says text.
func (p *person) reads(name, text string) error {
	got, err := os.ReadFile(p.file(name))
	if err == nil && string(got) != text {
		err = fmt.Errorf("%s on %s says %.60q, not %.60q", name, p.Name, got, text)
	}
	return err
}

// until waits for something to become true, and tells how long that took.
func (s *story) until(what string, ask func() error) (time.Duration, error) {
	start := time.Now()
	for {
		err := ask()
		if err == nil {
			return time.Since(start), nil
		}
		select {
		case <-s.ctx.Done():
			return 0, errors.Join(fmt.Errorf("waited for %s: %w", what, s.ctx.Err()), err)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// settle waits until both devices hold the same, by what lies on their disks.
func (s *story) settle() (drive.Tree, error) {
	for {
		for _, p := range []*person{s.anna, s.ben} {
			if _, err := p.Kith(s.ctx, "scan", folder); err != nil {
				return nil, err
			}
		}
		for _, p := range []*person{s.anna, s.ben} {
			if err := p.Wait(s.ctx, folder, time.Minute); err != nil {
				return nil, err
			}
		}
		mine, err := drive.ReadTree(s.anna.folder, drive.Reading{})
		if err != nil {
			return nil, err
		}
		theirs, err := drive.ReadTree(s.ben.folder, drive.Reading{})
		if err != nil {
			return nil, err
		}
		differ := drive.DiffError(mine.Diff(theirs))
		if differ == nil {
			return mine, nil
		}
		if s.ctx.Err() != nil {
			return nil, fmt.Errorf("%w: %w", s.ctx.Err(), differ)
		}
	}
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d bytes", n)
}

// seconds writes a time for people.
func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
