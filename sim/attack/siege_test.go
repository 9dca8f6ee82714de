//go:build linux

package attack

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kith/index"
	"kith/sim/drive"
)

// maxMemory is what the program may have in memory at most after an attack, in
// bytes: far more than it needs, far less than an attacker would like.
const maxMemory = 400 << 20

// siege is a folder that anna and ben share, both with the real program, and
// that mallory is a member of. Around the folder lie things which are nobody's
// business.
type siege struct {
	*testing.T
	ctx       context.Context
	root      string // all that a test has on the disk
	anna, ben *drive.Device
	addr      string // where anna listens
	annaID    index.DeviceID
	mallory   *mallory
	folder    index.FolderID
	served    *int      // how often it was tried whether others are served
	brought   *[]string // beginnings of the paths that are not judged: served-, and what mallory may bring
	restarted int       // the process since a restart that the attack itself made
}

func (s *siege) dir(d *drive.Device) string { return filepath.Join(s.root, d.Name, "folder") }

func (s *siege) path(name string) string {
	return filepath.Join(s.dir(s.anna), filepath.FromSlash(name))
}

func (s *siege) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// newSiege makes the devices, and mallory a member with a role; none if it is "".
func newSiege(t *testing.T, role string) *siege {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	s := &siege{T: t, ctx: ctx, root: t.TempDir(), served: new(int), brought: &[]string{"served-"}}
	var err error
	s.mallory, err = newMallory()
	s.must(err)
	s.anna, s.addr = s.device("anna")
	s.ben, _ = s.device("ben")
	for i := range 10 {
		s.must(os.MkdirAll(filepath.Dir(s.path(fmt.Sprintf("dir-%d/x", i%3))), 0o755))
		s.must(os.WriteFile(s.path(fmt.Sprintf("dir-%d/file-%d", i%3, i)), fmt.Appendf(nil, "content %d", i), 0o644))
	}
	s.must(os.WriteFile(filepath.Join(s.root, "anna", "secret"), []byte("nobody's business"), 0o600))
	s.must(s.anna.Start(ctx))
	s.must(s.anna.Quit())
	s.trust(s.mallory.id)
	s.must(s.anna.Start(ctx))
	s.must(s.ben.Start(ctx))
	s.must(drive.PairAt(ctx, s.ben, s.anna, s.addr))
	s.must(s.anna.Share(ctx, s.dir(s.anna), "files", s.ben))
	if role != "" {
		_, err := s.anna.Kith(ctx, "share", s.dir(s.anna), "--with", "mallory", "--as", role)
		s.must(err)
	}
	s.must(s.ben.Accept(ctx, "files", s.dir(s.ben)))
	s.must(s.anna.Wait(ctx, "files", time.Minute))
	p, err := s.anna.Status(ctx)
	s.must(err)
	s.annaID, err = index.ParseDeviceID(p.Device.ID)
	s.must(err)
	f, _ := p.Folder("files")
	s.folder, err = index.ParseFolderID(f.ID)
	s.must(err)
	return s
}

// trust has anna trust a device called mallory, as if they had paired.
func (s *siege) trust(id index.DeviceID) {
	s.Helper()
	name := filepath.Join(s.anna.Home, "config.toml")
	old, err := os.ReadFile(name)
	s.must(err)
	text := strings.TrimRight(string(old), "\n")
	last := strings.LastIndexByte(text, '\n') + 1 // the line that says that the file is whole
	s.must(os.WriteFile(name, fmt.Appendf(nil, "%s[[device]]\nid = %q\nname = \"mallory\"\n%s\n", text[:last], id, text[last:]), 0o600))
}

// device makes a device that listens on this machine only.
func (s *siege) device(name string) (*drive.Device, string) {
	s.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	addr := l.Addr().String()
	s.must(l.Close())
	d := &drive.Device{Name: name, Home: filepath.Join(s.root, name, "home"), Program: drive.Program(s),
		Host: drive.Here{}, Flags: []string{"--listen", addr}}
	s.must(os.MkdirAll(d.Home, 0o700))
	s.must(os.MkdirAll(s.dir(d), 0o755))
	s.Cleanup(func() {
		if s.Failed() {
			s.Logf("=== the last of the log of %s:\n%s", d.Name, d.Output(40))
		}
		if err := d.Kill(); err != nil {
			s.Error(err)
		}
	})
	return d, addr
}

// session is mallory in conversation with anna, with the folder open.
func (s *siege) session(l lies) *session {
	s.Helper()
	for {
		x, err := s.mallory.session(s.addr, l)
		if err == nil {
			s.Cleanup(x.close)
			x.subscribe(s.folder)
			return x
		}
		if s.ctx.Err() != nil {
			s.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond) // the session before is still ending
	}
}

// before is how things were.
type before struct {
	pid     int
	files   drive.Tree // the folder, but for what is not judged: that may still change
	outside drive.Tree // all around it, but for the program's own home
}

func (s *siege) look() before {
	s.Helper()
	files, err := drive.ReadTree(s.dir(s.anna), drive.Reading{Skip: s.bringable})
	s.must(err)
	outside, err := drive.ReadTree(s.root, drive.Reading{Skip: func(p string) bool {
		return p == "anna/folder" || p == "anna/home" || strings.HasPrefix(p, "ben/")
	}})
	s.must(err)
	return before{s.anna.PID(), files, outside}
}

// bringable tells whether a path is one that somebody brought or may bring.
func (s *siege) bringable(path string) bool {
	return slices.ContainsFunc(*s.brought, func(own string) bool { return strings.HasPrefix(path, own) })
}

// judge asks after an attack whether all is well. added are beginnings of paths
// which the attacker, being a member, could rightfully bring.
func (s *siege) judge(was before, added ...string) {
	s.Helper()
	if pid := s.anna.PID(); pid == 0 || pid != was.pid && pid != s.restarted {
		s.Fatalf("the program ended: it was process %d and is %d", was.pid, pid)
	}
	s.serves()
	*s.brought = append(*s.brought, added...)
	now := s.look()
	if err := drive.DiffError(was.outside.Diff(now.outside)); err != nil {
		s.Errorf("outside of the folder: %v", err)
	}
	maps.DeleteFunc(was.files, func(name string, _ drive.Entry) bool { return s.bringable(name) })
	if err := drive.DiffError(was.files.Diff(now.files)); err != nil {
		s.Errorf("inside of the folder: %v", err)
	}
	if got := s.memory(); got > maxMemory {
		s.Errorf("%d MB in memory", got>>20)
	}
}

// serves tries whether anna and ben still share what they save.
func (s *siege) serves() {
	s.Helper()
	*s.served++
	for from, to := range map[*drive.Device]*drive.Device{s.anna: s.ben, s.ben: s.anna} {
		name := fmt.Sprintf("served-%s-%d", from.Name, *s.served)
		s.must(os.WriteFile(filepath.Join(s.dir(from), name), []byte(name), 0o644))
		s.eventually("what "+from.Name+" saved is with "+to.Name, func() error {
			return holds(filepath.Join(s.dir(to), name), name)
		})
	}
}

// told waits until anna's status has a reason for a path, and a next step.
func (s *siege) told(path, reason string) {
	s.Helper()
	s.eventually("anna says why "+path+" is not in step", func() error {
		p, err := s.anna.Status(s.ctx)
		if err != nil {
			return err
		}
		f, _ := p.Folder("files")
		for _, problem := range f.Problems {
			if problem.Path == path && strings.HasPrefix(problem.Reason, reason) && problem.Next != "" {
				return nil
			}
		}
		return fmt.Errorf("%s, %d files to come, %+v", f.State, f.NeedFiles, f.Problems)
	})
}

// memory returns what anna's program has in memory, in bytes.
func (s *siege) memory() int64 {
	s.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.anna.PID()))
	s.must(err)
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			s.must(err)
			return n << 10
		}
	}
	s.Fatal("no VmRSS")
	return 0
}

// restart ends anna's program at once and starts it again.
func (s *siege) restart() {
	s.Helper()
	s.must(s.anna.Kill())
	s.must(s.anna.Start(s.ctx))
	s.restarted = s.anna.PID()
}

// write saves a file in anna's folder.
func (s *siege) write(name, content string) {
	s.Helper()
	s.must(os.WriteFile(s.path(name), []byte(content), 0o644))
}

// arrives waits until a file is in anna's folder.
func (s *siege) arrives(name, content string) {
	s.Helper()
	s.eventually(name+" with anna", func() error { return holds(s.path(name), content) })
}

func holds(name, content string) error {
	b, err := os.ReadFile(name)
	if err == nil && string(b) != content {
		err = fmt.Errorf("%s holds %.40q, want %.40q", name, b, content)
	}
	return err
}

func (s *siege) eventually(what string, do func() error) {
	s.Helper()
	until := time.Now().Add(60 * time.Second)
	for {
		err := do()
		if err == nil {
			return
		}
		if s.ctx.Err() != nil || time.Now().After(until) {
			s.Fatalf("%s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
