package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kith/control"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kith": main})
}

// TestScripts runs the real program as people do. Beside the usual commands of
// testscript a script has
//
//	start HOME        run the app on $WORK/HOME, named HOME, and wait until it listens; sets $HOME_PORT and $HOME_ID
//	stop HOME         end it by a signal, and wait for its end
//	code N ARG...     run kith ARG..., which must end with exit code N
//	until HOME WORD…  wait until the picture shows it:
//	                  connected DEVICE, offered FOLDER, state FOLDER STATE, paired DEVICE, gone FOLDER
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes; left out of short runs")
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "user")
			env.Setenv("HOME", home)
			env.Setenv("USERPROFILE", home)
			env.Setenv("NO_COLOR", "1")
			apps := &apps{running: make(map[string]*running)}
			env.Values["apps"] = apps
			env.Defer(apps.killAll)
			return os.MkdirAll(home, 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": start_, "stop": stop_, "code": code_, "until": until_,
		},
	})
}

// patience is how long anything a script waits for may take.
const patience = time.Minute

type running struct {
	cmd    *exec.Cmd
	stderr *bytes.Buffer
}

type apps struct {
	mu      sync.Mutex // guards running
	running map[string]*running
}

func (a *apps) killAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.running {
		r.cmd.Process.Kill()
		r.cmd.Wait()
	}
}

var listening = regexp.MustCompile(`^Kith listens on port (\d+) as \S+ \((\w+)\)`)

func start_(ts *testscript.TestScript, _ bool, args []string) {
	name := args[0]
	exe, err := os.Executable()
	ts.Check(err)
	cmd := exec.Command(exe, append([]string{
		"--home", ts.MkAbs(name), "run", "--headless", "--listen", "127.0.0.1:0", "--name", name}, args[1:]...)...)
	cmd.Args[0] = "kith" // by which testscript knows what to be
	r := &running{cmd: cmd, stderr: new(bytes.Buffer)}
	cmd.Path, err = exec.LookPath(filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], "kith"))
	ts.Check(err)
	cmd.Env = []string{"HOME=" + ts.Getenv("HOME"), "PATH=" + ts.Getenv("PATH")}
	cmd.Stderr = r.stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	a := ts.Value("apps").(*apps)
	a.mu.Lock()
	a.running[name] = r
	a.mu.Unlock()
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	m := listening.FindStringSubmatch(line)
	if m == nil {
		ts.Fatalf("%s says %q, %v, %s", name, line, err, r.stderr)
	}
	go io.Copy(io.Discard, lines)
	ts.Setenv(name+"_PORT", m[1])
	ts.Setenv(name+"_ID", m[2])
}

func stop_(ts *testscript.TestScript, _ bool, args []string) {
	a := ts.Value("apps").(*apps)
	a.mu.Lock()
	r := a.running[args[0]]
	delete(a.running, args[0])
	a.mu.Unlock()
	if r == nil {
		ts.Fatalf("%s does not run", args[0])
	}
	r.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	timer := time.AfterFunc(patience, func() { r.cmd.Process.Signal(syscall.SIGQUIT) })
	defer timer.Stop()
	if err := r.cmd.Wait(); err != nil {
		ts.Fatalf("%s ended with %v\n%s", args[0], err, r.stderr)
	}
}

func code_(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec("kith", args[1:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("kith %s: %v", strings.Join(args[1:], " "), err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("kith %s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

var errSeen = errors.New("seen")

func until_(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	home, err := control.FindHome(ts.MkAbs(args[0]))
	ts.Check(err)
	door, err := control.Knock(ctx, home)
	ts.Check(err)
	var last control.Picture
	err = door.Watch(ctx, 0, func(p control.Picture) error {
		last = p
		if shows(p, args[1:]) {
			return errSeen
		}
		return nil
	})
	if !errors.Is(err, errSeen) {
		ts.Fatalf("until %v: %v; last seen: %+v", args, err, last)
	}
}

// shows reports whether a picture shows what a script waits for.
func shows(p control.Picture, words []string) bool {
	what, name := words[0], words[1]
	device := func(d control.Device) bool {
		return d.Name == name && d.Paired && (what == "paired" || d.Connected)
	}
	folder := func(f control.Folder) bool { return f.Name == name }
	switch what {
	case "connected", "paired":
		return slices.ContainsFunc(p.Devices, device)
	case "offered":
		return slices.ContainsFunc(p.Offers, func(o control.Offer) bool { return o.Name == name })
	case "gone":
		return !slices.ContainsFunc(p.Folders, folder)
	case "state":
		i := slices.IndexFunc(p.Folders, folder)
		return i >= 0 && string(p.Folders[i].State) == words[2]
	}
	panic(fmt.Sprintf("until: there is no %q", what))
}
