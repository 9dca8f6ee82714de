//go:build linux

package tray

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kith/sim/drive"
	"kith/sim/netlab"
)

// world is a network of machines with a desktop each.
type world struct {
	*testing.T
	ctx context.Context // ends at the test's deadline
	lab *netlab.Lab
}

// machine is one of them: the program, its person's home directory, and the
// desktop, of which the test plays the rest.
type machine struct {
	*drive.Device
	w       *world
	user    string
	bus     *bus
	notices *notices
}

const patience = 3 * time.Minute

func newWorld(t *testing.T, hosts ...string) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return &world{T: t, ctx: ctx, lab: netlab.New(t, hosts...)}
}

// desk is a host with a person at it: programs find the home directory, the bus,
// and stand-ins for a dialog and for what opens files.
type desk struct {
	*netlab.Host
	env []string
}

// Command prepares a program to run there.
func (d desk) Command(name string, args ...string) *exec.Cmd {
	cmd := d.Host.Command(name, args...)
	cmd.Env = append(os.Environ(), d.env...)
	return cmd
}

// machine makes the program on a host, for a device of that name, with a bus but
// no panel. It does not run yet.
func (w *world) machine(host, name string) *machine {
	w.Helper()
	bus := newBus(w.ctx, w.T, "")
	m := w.machineOn(bus, host, name)
	m.notices = bus.openNotices()
	return m
}

// machineOn makes the program on a host whose desktop is on that bus.
func (w *world) machineOn(bus *bus, host, name string) *machine {
	w.Helper()
	root := w.TempDir()
	m := &machine{w: w, user: filepath.Join(root, "home"), bus: bus}
	programs := filepath.Join(root, "bin")
	for _, dir := range []string{m.user, programs} {
		w.must(os.MkdirAll(dir, 0o755))
	}
	w.must(syscall.Mkfifo(m.opened(), 0o600))
	m.program(programs, "xdg-open", `echo "$1" >`+m.opened())
	m.program(programs, "zenity", `cat `+m.answer())
	m.Device = &drive.Device{
		Name: name, Home: filepath.Join(root, "kith"), Program: drive.Program(w), Flags: []string{"--headless=false"},
		Host: desk{w.lab.Host(host), []string{
			"HOME=" + m.user, "XDG_CONFIG_HOME=", "XDG_RUNTIME_DIR=" + m.user, "LANG=C.UTF-8", "DISPLAY=", "WAYLAND_DISPLAY=none",
			"DBUS_SESSION_BUS_ADDRESS=" + m.bus.address, "PATH=" + programs + ":" + os.Getenv("PATH"),
		}},
	}
	w.Cleanup(func() {
		if w.Failed() {
			w.Logf("the last of the log of %s:\n%s", name, m.Output(40))
		}
		if err := m.Kill(); err != nil {
			w.Error(err)
		}
	})
	return m
}

func (m *machine) program(dir, name, script string) {
	m.w.Helper()
	m.w.must(os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
}

func (m *machine) opened() string { return filepath.Join(filepath.Dir(m.user), "opened") }
func (m *machine) answer() string { return filepath.Join(filepath.Dir(m.user), "answer") }

// chooses sets what the person will choose in the next dialog.
func (m *machine) chooses(dir string) {
	m.w.Helper()
	m.w.must(os.WriteFile(m.answer(), []byte(dir+"\n"), 0o600))
}

// seesOpened waits until the system was told to open something, and returns it.
func (m *machine) seesOpened() string {
	m.w.Helper()
	type result struct {
		data []byte
		err  error
	}
	got := make(chan result, 1)
	go func() {
		data, err := os.ReadFile(m.opened()) // waits for who writes into the pipe
		got <- result{data, err}
	}()
	select {
	case r := <-got:
		m.w.must(r.err)
		return strings.TrimSpace(string(r.data))
	case <-m.w.ctx.Done():
		m.w.Fatal("nothing was opened")
	}
	return ""
}

// start starts the program, in a panel, and returns its icon.
func (m *machine) start() *icon {
	m.w.Helper()
	m.bus.openPanel()
	m.w.must(m.Start(m.w.ctx))
	return m.bus.icon()
}

func (m *machine) write(name, content string) {
	m.w.Helper()
	path := filepath.Join(m.user, name)
	m.w.must(os.MkdirAll(filepath.Dir(path), 0o755))
	m.w.must(os.WriteFile(path, []byte(content), 0o644))
}

func (m *machine) holds(name, content string) {
	m.w.Helper()
	got, err := os.ReadFile(filepath.Join(m.user, name))
	if err != nil || string(got) != content {
		m.w.Errorf("%s holds %q in %s (%v), want %q", m.Name, got, name, err, content)
	}
}

// getsBack waits until a file is there again: it is fetched from the others.
func (m *machine) getsBack(name, content string) {
	m.w.Helper()
	m.w.must(m.Until(m.w.ctx, name+" to be back", func(drive.Picture) bool {
		got, err := os.ReadFile(filepath.Join(m.user, name))
		return err == nil && string(got) == content
	}))
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// kith gives a command on the machine, which has to work.
func (m *machine) kith(args ...string) string {
	m.w.Helper()
	out, err := m.Kith(m.w.ctx, args...)
	m.w.must(err)
	return out
}

// share has two people pair their devices and keep ~/Docs in step, by commands.
func (w *world) share(from, with *machine) {
	w.Helper()
	w.must(drive.Pair(w.ctx, from.Device, with.Device))
	for _, name := range many {
		from.write("Docs/"+name, "x")
	}
	w.must(from.Share(w.ctx, filepath.Join(from.user, "Docs"), "Docs", with.Device))
	w.must(with.Accept(w.ctx, "Docs", filepath.Join(with.user, "Docs")))
}

// many are more files than may be deleted at once.
var many = func() (out []string) {
	for i := range 80 {
		out = append(out, fmt.Sprintf("note %d.txt", i))
	}
	return out
}()
