//go:build linux

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kith/sim/drive"
	"kith/sim/results"
)

// homeFault is a call that fails, whenever the program makes it on one file of its
// home, with one error.
type homeFault struct {
	call, file, err string
	fresh           bool // from the first start on; otherwise in a home that is in use
}

func (f homeFault) String() string {
	return fmt.Sprintf("%s of %s fails with %s, in a home that is fresh: %v", f.call, f.file, f.err, f.fresh)
}

func homeFaults() []homeFault {
	var all []homeFault
	for _, file := range []string{".", "key.pem.new", "config.toml.new", "config.toml.good.new", "index.db-place.new"} {
		for _, call := range []string{"openat", "write", "fsync", "renameat"} {
			for _, err := range []string{"EIO", "ENOSPC", "EACCES"} {
				all = append(all, homeFault{call, file, err, true}, homeFault{call, file, err, false})
			}
		}
	}
	return all
}

// TestEveryFaultOfTheHomeIsSurvived has each call on the files of a home fail while
// the program starts, shares a folder and pauses it. A command that says it is done
// has done it, a program that cannot start says which file it is about, and once the
// disk is well it starts as the same device, with what was done.
func TestEveryFaultOfTheHomeIsSurvived(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("calls are made to fail by strace, which is not here")
	}
	faults := homeFaults()
	if testing.Short() {
		faults = faults[:12]
	}
	var met atomic.Int32
	onTwoMachines(t, faults, func(w *world, anna *device, f homeFault) {
		h := &faultyHome{world: w, device: anna, program: anna.Program}
		if err := h.try(f, &met); err != nil {
			t.Errorf("%v: %v", f, err)
		}
	})
	if met.Load() == 0 {
		t.Error("no call failed: nothing was tried")
	}
	if err := results.Report("home-faults", map[string]any{"faults": met.Load()}); err != nil {
		t.Error(err)
	}
}

// faultyHome is a device whose home is made anew for each fault.
type faultyHome struct {
	*world
	*device
	program string
}

// did is what a device was and had in force when its disk was still well, or has said
// since that it is done.
type did struct {
	id             string
	shared, paused bool
}

func (h *faultyHome) try(f homeFault, met *atomic.Int32) (err error) {
	if err := firstOf(os.RemoveAll(h.Home), os.RemoveAll(h.dir), os.Mkdir(h.dir, 0o755)); err != nil {
		return err
	}
	defer func() { err = firstOf(err, h.Kill()) }()
	before := did{}
	if !f.fresh {
		if before, err = h.life(before, nil); err != nil {
			return fmt.Errorf("with a disk that is well: %w", err)
		}
	}
	log, script := filepath.Join(h.dir, "../calls"), filepath.Join(h.dir, "../failing")
	if err := failing(script, log, h.program, filepath.Join(h.Home, f.file), f.call, f.err); err != nil {
		return err
	}
	var said []error
	h.Program = script
	after, err := h.life(before, &said)
	h.Program = h.program
	if err != nil {
		return err
	}
	if text, err := os.ReadFile(log); err != nil || !bytes.Contains(text, []byte("(INJECTED)")) {
		return err // it makes no such call
	}
	met.Add(1)
	if len(said) == 0 {
		return errors.New("nobody was told")
	}
	return h.well(after, said)
}

// life starts the program, shares its folder unless it is, pauses or resumes it, and
// ends the program. What fails is said, if it may.
func (h *faultyHome) life(d did, said *[]error) (did, error) {
	fails := func(err error) error {
		if said == nil || err == nil {
			return err
		}
		*said = append(*said, err)
		return nil
	}
	if err := h.Start(h.ctx); err != nil {
		return d, fails(err)
	}
	p, err := h.Status(h.ctx)
	if err != nil {
		return d, err
	}
	if d.id != "" && d.id != p.Device.ID {
		return d, fmt.Errorf("it was %s, and is %s", d.id, p.Device.ID)
	}
	d.id = p.Device.ID
	if !d.shared {
		_, err := h.Kith(h.ctx, "share", h.dir, "--name", "papers")
		d.shared = err == nil
		if err := fails(err); err != nil {
			return d, err
		}
	}
	if d.shared {
		_, err := h.Kith(h.ctx, "pause", "papers")
		d.paused = err == nil
		if err := fails(err); err != nil {
			return d, err
		}
	}
	if _, err := h.Kith(h.ctx, "quit"); err != nil {
		return d, err
	}
	for h.Running() {
		h.pause(10 * time.Millisecond)
	}
	return d, h.ctx.Err()
}

// well starts the program with a disk that is well again.
func (h *faultyHome) well(d did, said []error) (err error) {
	for _, err := range said {
		if c := (*drive.CommandError)(nil); errors.As(err, &c) && c.Code != drive.ExitFailed {
			return fmt.Errorf("it ended in another way than by failing: %w", err)
		}
		if text := err.Error(); strings.Contains(text, "panic") || strings.Contains(text, "goroutine ") || !strings.Contains(text, h.Home) {
			return fmt.Errorf("that tells nobody what to do: %w", err)
		}
	}
	if err := h.Start(h.ctx); err != nil {
		return fmt.Errorf("it does not start with a disk that is well again: %w, after %w", err, errors.Join(said...))
	}
	defer func() { err = firstOf(err, h.Quit(), onlyKnown(h.Home)) }()
	p, err := h.Status(h.ctx)
	if err != nil {
		return err
	}
	if d.id != "" && d.id != p.Device.ID {
		return fmt.Errorf("it was %s, and is %s", d.id, p.Device.ID)
	}
	text, err := os.ReadFile(filepath.Join(h.Home, "config.toml"))
	if err != nil {
		return err
	}
	got, err := readTrust(text)
	if err != nil {
		return err
	}
	if d.shared && got == "" || d.paused && !strings.HasSuffix(string(got), "*") {
		return fmt.Errorf("it said that it had done it, and its settings tell of %q", got)
	}
	if got == "" { // what could not be done can be done now
		_, err = h.Kith(h.ctx, "share", h.dir, "--name", "papers")
	}
	return err
}

// failing writes a program that runs another, and has a call of that on one file fail.
func failing(script, log, program, file, call, err string) error {
	text := fmt.Sprintf("#!/bin/sh\ncase \" $* \" in *\" run \"*) exec strace -f -P '%s' -e trace=%s -e inject=%s:error=%s -o '%s' setpriv --pdeathsig KILL '%s' \"$@\";; esac\nexec '%s' \"$@\"\n",
		file, call, call, err, log, program, program)
	return os.WriteFile(script, []byte(text), 0o700)
}
