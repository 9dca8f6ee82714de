//go:build linux

package web

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kith/sim/drive"
	"kith/sim/netlab"
)

// world is a network of machines, each with the program and perhaps a browser.
type world struct {
	*testing.T
	ctx context.Context // ends at the test's deadline
	lab *netlab.Lab
}

// machine is one of them, with a home directory of its person.
type machine struct {
	*drive.Device
	w    *world
	host *netlab.Host
	user string // the person's home directory
}

func newWorld(t *testing.T, hosts ...string) *world {
	t.Helper()
	needBrowser(t)
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	t.Cleanup(cancel)
	return &world{T: t, ctx: ctx, lab: netlab.New(t, hosts...)}
}

// machine starts the program on a host, for a device of that name.
func (w *world) machine(host, name string) *machine {
	w.Helper()
	user := filepath.Join(w.TempDir(), "home")
	w.must(os.MkdirAll(user, 0o755))
	h := w.lab.Host(host)
	m := &machine{
		Device: &drive.Device{Name: name, Home: filepath.Join(w.TempDir(), "kith"), Program: drive.Program(w), Host: atHome{h, user}},
		w:      w, host: h, user: user,
	}
	w.Cleanup(func() {
		if w.Failed() {
			w.Logf("the last of the log of %s:\n%s", name, m.Output(40))
		}
		if err := m.Kill(); err != nil {
			w.Error(err)
		}
	})
	w.must(m.Start(w.ctx))
	return m
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

// until waits until the machine's picture is so.
func (m *machine) until(what string, cond func(drive.Picture) bool) {
	m.w.Helper()
	m.w.must(m.Until(m.w.ctx, what, cond))
}

// write makes a file in the person's home directory.
func (m *machine) write(name, content string) {
	m.w.Helper()
	file := filepath.Join(m.user, name)
	m.w.must(os.MkdirAll(filepath.Dir(file), 0o755))
	m.w.must(os.WriteFile(file, []byte(content), 0o644))
}

// pair makes two machines trust each other.
func (w *world) pair(a, b *machine) {
	w.Helper()
	w.must(drive.Pair(w.ctx, a.Device, b.Device))
}

// share shares a directory of a's with b, who takes it into one of the same name,
// and waits until both are the same.
func (w *world) share(a, b *machine, dir string) {
	w.Helper()
	a.kith("share", filepath.Join(a.user, dir), "--with", b.Name)
	b.accept(dir)
	a.kith("wait", "--timeout", "60s", dir)
}

// accept takes an offered folder once it is there.
func (m *machine) accept(name string) {
	m.w.Helper()
	m.w.must(m.Accept(m.w.ctx, name, filepath.Join(m.user, name)))
}
