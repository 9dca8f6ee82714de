package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"kith/index"
	"kith/syncer/plan"
)

// looked lists what a walk meets: paths, with a star where one could not be looked at.
func (p *place) looked() (met []string, err error) {
	err = p.Walk(context.Background(), index.Path{}, nil, func(e index.Entry) error {
		line := e.Path.String()
		if e.Raw != "" {
			line += "/" + e.Raw
		}
		if e.Err != nil {
			line += "*"
		}
		met = append(met, line)
		return nil
	})
	return met, err
}

// TestAListingThatFailsIsNotBelieved has the disk fail while a directory is listed, opened
// or looked at: who walks is told that it could not be looked into, and of nothing below
// it, so that what it holds is not taken for gone.
func TestAListingThatFailsIsNotBelieved(t *testing.T) {
	p := newPlace(t)
	os.MkdirAll(filepath.Join(p.root, "d/e"), 0o755)
	for _, name := range []string{"a", "d/b", "d/e/c", "f"} {
		p.save(name, "text")
	}
	whole := []string{"a", "d", "d/b", "d/e", "d/e/c", "f"}
	if met, err := p.looked(); err != nil || !slices.Equal(met, whole) {
		t.Fatalf("met %q, %v", met, err)
	}
	for _, verb := range []string{"list", "sub", "lstat"} {
		for _, fault := range []error{unix.EIO, unix.EACCES, unix.ESTALE} {
			p.tapped(func(o op) error {
				if in, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", o.dir.fd)); o.verb == verb && filepath.Join(in, o.name) == filepath.Join(p.root, "d") {
					return fault
				}
				return nil
			})
			met, err := p.looked()
			if want := []string{"a", "d*", "f"}; err != nil || !slices.Equal(met, want) {
				t.Errorf("%s fails with %v: met %q, %v, want %q", verb, fault, met, err, want)
			}
		}
	}
	p.tapped(func(o op) error {
		if o.verb == "list" {
			return unix.EIO
		}
		return nil
	})
	if met, err := p.looked(); !errors.Is(err, plan.ErrUnavailable) || len(met) > 0 {
		t.Errorf("the folder itself cannot be listed: met %q, %v", met, err)
	}
	p.tapped(nil)
	if met, err := p.looked(); err != nil || !slices.Equal(met, whole) {
		t.Errorf("afterwards: met %q, %v", met, err)
	}
}

// TestWhatPermitsNoLookIsNotGone is the same for a user without privileges, by the
// permissions that others gave.
func TestWhatPermitsNoLookIsNotGone(t *testing.T) {
	p := newPlaceIn(t, memoryDir(t))
	os.Chmod(filepath.Dir(p.root), 0o755)
	os.Mkdir(filepath.Join(p.root, "closed"), 0o755)
	os.Mkdir(filepath.Join(p.root, "no way in"), 0o755)
	for _, name := range []string{"a", "closed/b", "no way in/c", "secret"} {
		p.save(name, "text")
	}
	asNobody(t, p.root, func() {
		os.Chmod(filepath.Join(p.root, "closed"), 0)
		os.Chmod(filepath.Join(p.root, "no way in"), 0o444)
		os.Chmod(filepath.Join(p.root, "secret"), 0)
		met, err := p.looked()
		if want := []string{"a", "closed*", "no way in", "no way in/c*", "secret"}; err != nil || !slices.Equal(met, want) {
			t.Errorf("met %q, %v, want %q", met, err, want)
		}
		if r, err := p.Open(index.MustPath("secret"), index.Identity{}); !errors.Is(err, os.ErrPermission) {
			t.Errorf("opened %v, %v", r, err)
		}
		if _, err := p.Stat(index.MustPath("closed/b")); err == nil || errors.Is(err, os.ErrNotExist) {
			t.Errorf("what lies where nobody may look: %v", err)
		}
		os.Chmod(filepath.Join(p.root, "closed"), 0o755)
		os.Chmod(filepath.Join(p.root, "no way in"), 0o755)
	})
}

// TestADeepTreeIsToldOfWhereItIsTooDeep has directories in each other to a depth that no
// path of a folder has, and no path of the system either.
func TestADeepTreeIsToldOfWhereItIsTooDeep(t *testing.T) {
	p := newPlaceIn(t, memoryDir(t))
	at, err := unix.Open(p.root, unix.O_DIRECTORY, 0)
	for depth := 0; depth < 2000 && err == nil; depth++ {
		var below int
		if err = unix.Mkdirat(at, "deep", 0o755); err == nil {
			below, err = unix.Openat(at, "deep", unix.O_DIRECTORY, 0)
		}
		unix.Close(at)
		at = below
	}
	unix.Close(at)
	if err != nil {
		t.Fatal(err)
	}
	p.save("a", "text")
	met, err := p.looked()
	deepest := strings.TrimSuffix(strings.Repeat("deep/", index.MaxDepth), "/")
	if err != nil || len(met) != index.MaxDepth+2 || met[index.MaxDepth] != deepest || met[index.MaxDepth+1] != deepest+"/deep*" {
		t.Errorf("met %d, the last %.60q, %v", len(met), met[max(0, len(met)-1):], err)
	}
	sys, err := newWatcher(p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close()
	w := &watch{tree: p.Tree, sys: sys}
	w.add(index.Path{})
	if n := len(sys.WatchList()); w.short != nil || n > index.MaxDepth+1 {
		t.Errorf("%d directories are watched, %v", n, w.short)
	}
}

// TestAFileThatBecomesAPipeIsNotWaitedFor exchanges a file with a pipe between the look at
// it and its opening.
func TestAFileThatBecomesAPipeIsNotWaitedFor(t *testing.T) {
	p := newPlace(t)
	p.save("a", "text")
	have := p.have("a")
	swapped := false
	p.tapped(func(o op) error {
		if o.verb == "open" && o.name == "a" && !swapped {
			swapped = true
			at := filepath.Join(p.root, "a")
			if err := errors.Join(os.Remove(at), syscall.Mkfifo(at, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		return nil
	})
	if r, err := p.Open(have.Path, have.Identity); !errors.Is(err, plan.ErrChanged) || !swapped {
		t.Errorf("opened %v, %v", r, err)
	}
}
