package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kith/index"
	"kith/sim/waits"
)

// TestADirectoryThatLeavesTheFolderIsNotWatched: what is done to it where it is now would
// be told of under the name that it had.
func TestADirectoryThatLeavesTheFolderIsNotWatched(t *testing.T) {
	p := newPlace(t)
	away := filepath.Join(t.TempDir(), "gone")
	os.MkdirAll(filepath.Join(p.root, "x/y"), 0o755)
	sys, err := newWatcher(p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close()
	w := &watch{tree: p.Tree, sys: sys}
	w.add(index.Path{})
	until := func(name string) (met []string) {
		for limit := time.After(waits.Limit); ; {
			select {
			case ev := <-sys.Events:
				w.event(ev, time.Now())
				if met = append(met, ev.Name); ev.Name == filepath.Join(p.root, name) {
					return met
				}
			case <-limit:
				t.Fatalf("nobody tells of %s", name)
			}
		}
	}
	if err := os.Rename(filepath.Join(p.root, "x"), away); err != nil {
		t.Fatal(err)
	}
	until("x")
	os.WriteFile(filepath.Join(away, "y/f"), []byte("not here"), 0o644)
	p.save("last", "1")
	for _, name := range until("last") { // in the order in which it happened
		if strings.HasPrefix(name, filepath.Join(p.root, "x", "y")) {
			t.Errorf("it tells of %s", name)
		}
	}
	if names := sys.WatchList(); len(names) != 1 {
		t.Errorf("watched are %q", names)
	}
}

// TestAnOverflowOfTheSystemIsNoticed has more happen than the system keeps for a program
// that does not listen.
func TestAnOverflowOfTheSystemIsNoticed(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	if err != nil {
		t.Skip(err)
	}
	most := 0
	if _, err := fmt.Sscan(string(text), &most); err != nil || most > 1<<17 {
		t.Skipf("the system keeps %q events", text)
	}
	p := newPlaceIn(t, memoryDir(t))
	sys, err := newWatcher(p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close()
	w := &watch{tree: p.Tree, sys: sys}
	w.add(index.Path{})
	one, other := filepath.Join(p.root, "one"), filepath.Join(p.root, "other")
	p.save("one", "text")
	for range most/2 + 4096 { // what the watcher reads in advance stays below that
		if err := os.Rename(one, other); err != nil {
			t.Fatal(err)
		}
		one, other = other, one
	}
	os.MkdirAll(filepath.Join(p.root, "unseen/below"), 0o755)
	ctx, cancel := context.WithTimeout(t.Context(), waits.Limit)
	defer cancel()
	everywhere := false
	err = w.run(ctx, nil, func(paths []index.Path, everything bool) {
		if everything {
			everywhere = true
			cancel()
		}
	})
	if !everywhere || !errors.Is(err, context.Canceled) {
		t.Errorf("everywhere %v, %v", everywhere, err)
	}
	if n := len(sys.WatchList()); n != 3 {
		t.Errorf("%d directories are watched: what was made meanwhile is not", n)
	}
}

// limitsEnv, when set, has this program try a watch, with the limits it names, in a
// namespace of its own.
const limitsEnv = "KITH_TEST_WATCH_LIMITS"

// TestTheLimitOfWatchesIsTold has a system that grants a few watches, or no watcher at
// all: a part of the folder is watched, the rest is looked at now and then, and it is said
// why; or it is said that nothing can be watched.
func TestTheLimitOfWatchesIsTold(t *testing.T) {
	if limits := os.Getenv(limitsEnv); limits != "" {
		watchWithin(t, limits)
		return
	}
	for _, limits := range []string{"max_inotify_watches=3", "max_inotify_instances=0"} {
		t.Run(limits, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheLimitOfWatchesIsTold$", "-test.v")
			cmd.Env = append(os.Environ(), limitsEnv+"="+limits)
			cmd.SysProcAttr = &syscall.SysProcAttr{
				Cloneflags:  syscall.CLONE_NEWUSER,
				UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
				GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
			}
			said, err := cmd.CombinedOutput()
			var ended *exec.ExitError
			if err != nil && !errors.As(err, &ended) {
				t.Skip("there are no namespaces of users here: ", err)
			}
			if err != nil || !strings.Contains(string(said), "within "+limits) {
				t.Errorf("%v\n%s", err, said)
			}
		})
	}
}

func watchWithin(t *testing.T, limits string) {
	name, value, _ := strings.Cut(limits, "=")
	if err := os.WriteFile("/proc/sys/user/"+name, []byte(value), 0o644); err != nil {
		t.Fatal(err)
	}
	p := newPlaceIn(t, t.TempDir())
	os.MkdirAll(filepath.Join(p.root, "a/b/c/d/e"), 0o755)
	ctx, cancel := context.WithTimeout(t.Context(), waits.Limit)
	defer cancel()
	everywhere := 0
	err := p.Watch(ctx, nil, nil, func(_ []index.Path, everything bool) {
		if everything {
			everywhere++
		}
		if everywhere == 2 { // once as it begins
			cancel()
		}
	})
	if value == "0" && (!errors.Is(err, ErrWatchLimit) || everywhere > 0) {
		t.Errorf("without a watcher: everywhere %d times, %v", everywhere, err)
	}
	if value == "3" && (!errors.Is(err, context.Canceled) || everywhere != 2) {
		t.Errorf("with a part watched: everywhere %d times, %v", everywhere, err)
	}
	t.Log("within " + limits)
}
