package control

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"kith/index"
	"kith/peer"
	"kith/peer/wire"
	"kith/syncer"
)

// key is an Identity that follows from a number.
type key struct{ private ed25519.PrivateKey }

func keyOf(n byte) key {
	return key{ed25519.NewKeyFromSeed(slices.Repeat([]byte{n}, ed25519.SeedSize))}
}

func (k key) PublicKey() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }
func (k key) ID() index.DeviceID           { return wire.DeviceOf(k.PublicKey()) }
func (k key) Sign(message []byte) []byte   { return ed25519.Sign(k.private, message) }

// list returns a list of members signed by k.
func (k key) list(id index.FolderID, name string, serial uint64, members ...key) wire.Membership {
	m := wire.Membership{Folder: id, Name: name, Owner: k.ID(), OwnerKey: k.PublicKey(), Serial: serial}
	for i, mem := range append([]key{k}, members...) {
		m.Members = append(m.Members, index.Member{Device: mem.ID(), Name: string(rune('a' + i)), Role: index.Both})
	}
	m.Signature = k.Sign(m.Signed())
	return m
}

// fakeEngine remembers what was wanted, and answers what it is told to.
type fakeEngine struct {
	mu     sync.Mutex
	wanted []syncer.Folder
	status []syncer.Status
	calls  []string
	kept   []index.Kept
	found  []syncer.Found
	rounds [][]syncer.Conflict // what Conflicts answers first
	stat   syncer.Found
	shown  map[string][]byte
	fail   error
	heard  []wire.Message
}

func (e *fakeEngine) call(name string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls = append(e.calls, name)
	return e.fail
}

func (e *fakeEngine) Want(folders []syncer.Folder) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wanted = folders
}
func (e *fakeEngine) names() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []string
	for _, f := range e.wanted {
		name := f.Name
		if f.Paused {
			name += " paused"
		}
		out = append(out, name)
	}
	return out
}
func (e *fakeEngine) Join(syncer.Link) {}
func (e *fakeEngine) Part(syncer.Link) {}
func (e *fakeEngine) Hear(_ syncer.Link, m wire.Message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, m)
}
func (e *fakeEngine) Status() []syncer.Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.status
}
func (e *fakeEngine) Drop(context.Context, index.FolderID) error    { return e.call("drop") }
func (e *fakeEngine) Scan(context.Context, index.FolderID) error    { return e.call("scan") }
func (e *fakeEngine) Approve(context.Context, index.FolderID) error { return e.call("approve") }
func (e *fakeEngine) Undo(context.Context, index.FolderID) error    { return e.call("undo") }
func (e *fakeEngine) Conflicts(context.Context, index.FolderID) ([]syncer.Conflict, error) {
	if len(e.rounds) > 0 {
		found := e.rounds[0]
		e.rounds = e.rounds[1:]
		return found, e.call("conflicts")
	}
	return []syncer.Conflict{{Path: index.MustPath("a"), Copy: index.MustPath("b"), Device: "x"}}, e.call("conflicts")
}
func (e *fakeEngine) Resolve(_ context.Context, _ index.FolderID, p index.Path, keep string) (syncer.Settled, error) {
	return syncer.Settled{File: index.MustPath("file"), Copy: index.File{Path: p}}, e.call("resolve " + p.String() + " " + keep)
}
func (e *fakeEngine) Unresolve(_ context.Context, _ index.FolderID, s syncer.Settled) error {
	return e.call("unresolve " + s.Copy.Path.String())
}
func (e *fakeEngine) Look(_ context.Context, _ index.FolderID, p index.Path, _ int64) (syncer.Glimpse, error) {
	data := e.shown[p.String()]
	return syncer.Glimpse{Data: data, Size: int64(len(data))}, e.call("look " + p.String())
}
func (e *fakeEngine) Rules(context.Context, index.FolderID) (string, error) {
	return "*.tmp", e.call("rules")
}
func (e *fakeEngine) TryRules(_ context.Context, _ index.FolderID, text string) (syncer.RulesEffect, error) {
	return syncer.RulesEffect{Out: syncer.RulesShare{Paths: []index.Path{index.MustPath("b")}, Amount: index.Amount{Files: 1, Bytes: 2}}}, e.call("try " + text)
}
func (e *fakeEngine) SetRules(_ context.Context, _ index.FolderID, text string) error {
	return e.call("set " + text)
}
func (e *fakeEngine) Search(_ context.Context, _ index.FolderID, text string, under, after index.Path, limit int) ([]syncer.Found, error) {
	return e.found[:min(limit, len(e.found))], e.call(fmt.Sprintf("search %q in %q after %q", text, under, after))
}
func (e *fakeEngine) Children(_ context.Context, _ index.FolderID, dir, after index.Path, limit int) ([]syncer.Found, error) {
	return e.found[:min(limit, len(e.found))], e.call(fmt.Sprintf("children of %q after %q", dir, after))
}
func (e *fakeEngine) Bring(_ context.Context, _ index.FolderID, p index.Path) (index.Amount, error) {
	return index.Amount{Files: 2, Bytes: 7}, e.call(fmt.Sprintf("bring %q", p))
}
func (e *fakeEngine) LetGo(_ context.Context, _ index.FolderID, p index.Path) (syncer.Released, error) {
	return syncer.Released{Gone: index.Amount{Files: 1, Bytes: 3}, Staying: 1, Reasons: []syncer.Problem{{Path: "x", Reason: "nobody"}}}, e.call(fmt.Sprintf("let go %q", p))
}
func (e *fakeEngine) Stat(_ context.Context, _ index.FolderID, p index.Path) (syncer.Found, error) {
	return e.stat, e.call(fmt.Sprintf("stat %q", p))
}
func (e *fakeEngine) Versions(context.Context, index.FolderID, index.Path) ([]index.Kept, error) {
	return e.kept, e.call("versions")
}
func (e *fakeEngine) Restore(_ context.Context, _ index.FolderID, k index.Kept, to index.Path) error {
	return e.call("restore " + k.ID + " to " + to.String())
}
func (e *fakeEngine) Export(_ context.Context, _ index.FolderID, k index.Kept, w io.Writer) error {
	_, err := io.WriteString(w, "version "+k.ID)
	return errors.Join(err, e.call("export "+k.ID))
}

func (b *fakeBoard) Probe(_ context.Context, device index.DeviceID, _ []netip.AddrPort) (peer.ProbeAnswer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if answer, ok := b.answers[device]; ok {
		return answer, nil
	}
	return peer.ProbeAnswer{}, context.DeadlineExceeded
}

// fakeBoard remembers what it was asked.
type fakeBoard struct {
	mu       sync.Mutex
	reached  map[index.DeviceID][]netip.AddrPort
	forgot   []index.DeviceID
	pairings []peer.Pairing
	called   []netip.AddrPort // by Pair
	answers  map[index.DeviceID]peer.ProbeAnswer
	busy     bool
	talks    []peer.PeerStatus
}

func (b *fakeBoard) Port() int { return 22547 }
func (b *fakeBoard) Reach(d index.DeviceID, addrs []netip.AddrPort) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reached == nil {
		b.reached = make(map[index.DeviceID][]netip.AddrPort)
	}
	b.reached[d] = addrs
}
func (b *fakeBoard) Forget(d index.DeviceID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgot = append(b.forgot, d)
}
func (b *fakeBoard) Recheck() {}
func (b *fakeBoard) Devices() []peer.PeerStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.talks
}
func (b *fakeBoard) Pair(_ context.Context, _ index.DeviceID, addrs []netip.AddrPort) (string, error) {
	if b.busy {
		return "", errors.New("another pairing is under way")
	}
	b.called = addrs
	return "p1", nil
}
func (b *fakeBoard) Answer(pairing string, yes bool) error {
	if pairing != "p1" {
		return errors.New("no such pairing")
	}
	return nil
}
func (b *fakeBoard) Pairings() []peer.Pairing { return b.pairings }

// fakeLink collects what is sent over it.
type fakeLink struct {
	syncer.Link
	device index.DeviceID
	sent   chan wire.Message
}

func linkTo(k key) *fakeLink { return &fakeLink{device: k.ID(), sent: make(chan wire.Message, 100)} }

func (l *fakeLink) Device() index.DeviceID { return l.device }
func (l *fakeLink) Send(ctx context.Context, m wire.Message) error {
	select {
	case l.sent <- m:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// desk is a desk at work, with everything around it.
type desk struct {
	entry *fakeLogin
	*Desk
	t      *testing.T
	engine *fakeEngine
	board  *fakeBoard
	dir    string // where directories to share may be made
	quit   chan struct{}
	stop   func()
}

func newTestDesk(t *testing.T, self key, edit ...func(*DeskConfig)) *desk {
	t.Helper()
	dir := resolved(t, t.TempDir())
	t.Setenv("HOME", filepath.Join(dir, "user"))
	t.Setenv("USERPROFILE", filepath.Join(dir, "user"))
	if err := os.MkdirAll(filepath.Join(dir, "user"), 0o700); err != nil {
		t.Fatal(err)
	}
	return startDesk(t, self, dir, edit...)
}

// startDesk starts a desk whose home is in dir.
func startDesk(t *testing.T, self key, dir string, edit ...func(*DeskConfig)) *desk {
	t.Helper()
	home, err := FindHome(filepath.Join(dir, "home"))
	if err == nil {
		err = home.Make()
	}
	if err != nil {
		t.Fatal(err)
	}
	activity, err := OpenActivity(home)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, engine: &fakeEngine{}, board: &fakeBoard{}, entry: &fakeLogin{}, dir: dir, quit: make(chan struct{})}
	cfg := DeskConfig{
		Home: home, Version: "test", Identity: self, Activity: activity,
		Log:        slog.New(slog.DiscardHandler),
		MakeFolder: func(string, index.FolderID) error { return nil }, Autostart: d.entry,
		Quit: func() { close(d.quit) },
	}
	for _, e := range edit {
		e(&cfg)
	}
	d.Desk, err = NewDesk(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d.Attach(d.engine, d.board)
	if err := d.SetName("me"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	d.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := errors.Join(activity.flush(), activity.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(d.stop)
	return d
}

func resolved(t *testing.T, dir string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// must does a command that has to work.
func (d *desk) must(c Command) Reply {
	d.t.Helper()
	if c.Cwd == "" {
		c.Cwd = d.dir
	}
	r, err := d.Do(d.t.Context(), c)
	if err != nil {
		d.t.Fatalf("%+v: %v", c, err)
	}
	return r
}

// mkdir makes a directory beside the home.
func (d *desk) mkdir(name string) string {
	d.t.Helper()
	dir := filepath.Join(d.dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		d.t.Fatal(err)
	}
	return dir
}

// pairWith makes other a paired device with a name.
func (d *desk) pairWith(other key, name string) {
	d.t.Helper()
	if err := d.Paired(other.ID(), name, []netip.AddrPort{netip.MustParseAddrPort("10.0.0.7:22547")}); err != nil {
		d.t.Fatal(err)
	}
	d.paint()
}

func (d *desk) verbs() []string {
	entries, _ := d.cfg.Activity.Latest(100)
	var out []string
	for _, e := range entries {
		out = append(out, e.Verb)
	}
	return out
}
