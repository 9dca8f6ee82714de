package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/control"
)

// app stands for the running app: it shows pictures one after the other, and
// answers every command with the next of its replies.
type app struct {
	t        *testing.T
	home     string
	mu       sync.Mutex
	pictures []control.Picture // each watcher sees all of them
	commands []control.Command
	reply    func(control.Command) (control.Reply, *control.Fault)
}

func runApp(t *testing.T, pictures ...control.Picture) *app {
	t.Helper()
	home, err := os.MkdirTemp("", "kith") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	a := &app{t: t, home: home}
	a.show(pictures...)
	l, err := net.Listen("unix", filepath.Join(home, "kith.sock"))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/picture", a.picture)
	mux.HandleFunc("GET /v1/watch", a.watch)
	mux.HandleFunc("POST /v1/command", a.command)
	mux.HandleFunc("GET /v1/log", a.log)
	mux.HandleFunc("GET /v1/plot", a.plot)
	srv := &http.Server{Handler: mux}
	done := make(chan struct{})
	go func() { defer close(done); srv.Serve(l) }()
	t.Cleanup(func() { srv.Close(); <-done })
	return a
}

func (a *app) show(pictures ...control.Picture) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pictures = pictures
	for i := range a.pictures {
		a.pictures[i].Rev = uint64(i) + 1
	}
}

func (a *app) all() []control.Picture {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pictures
}

func (a *app) picture(w http.ResponseWriter, _ *http.Request) {
	json.NewEncoder(w).Encode(a.all()[0])
}

func (a *app) watch(w http.ResponseWriter, r *http.Request) {
	for _, p := range a.all() {
		line, err := json.Marshal(p)
		if err != nil {
			a.t.Error(err)
		}
		fmt.Fprintf(w, "data: %s\n\n", line)
	}
	http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func (a *app) command(w http.ResponseWriter, r *http.Request) {
	c, err := control.DecodeCommand(r.Body)
	if err != nil {
		a.t.Error(err)
	}
	c.Cwd = ""
	a.mu.Lock()
	a.commands = append(a.commands, c)
	a.mu.Unlock()
	var reply control.Reply
	if a.reply != nil {
		var fault *control.Fault
		if reply, fault = a.reply(c); fault != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			json.NewEncoder(w).Encode(fault)
			return
		}
	}
	reply.Rev = 1
	json.NewEncoder(w).Encode(reply)
}

func (a *app) log(w http.ResponseWriter, _ *http.Request) {
	json.NewEncoder(w).Encode([]control.Entry{
		{At: time.Date(2026, 11, 22, 10, 30, 0, 0, time.Local), Verb: "received", Folder: "docs", Path: "a\x1b[2Jb", Device: "ben"},
	})
}

func (a *app) plot(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "<svg>%s</svg>", r.URL.RawQuery)
}

// said is what an invocation of the program printed, and its exit code.
type said struct {
	out, err string
	code     int
}

// kith runs the command line with a home.
func kith(t *testing.T, home string, args ...string) said {
	t.Helper()
	var out, errs bytes.Buffer
	code := Main(t.Context(), Program{
		Version: "1.2", Build: "commit c, go1", Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Start: func(context.Context, control.Home, Options) error { return control.ErrRunning },
	}, append([]string{"--home", home}, args...))
	return said{out.String(), errs.String(), code}
}

func (a *app) kith(args ...string) said { return kith(a.t, a.home, args...) }

func TestExitCodesAndManners(t *testing.T) {
	a := runApp(t, control.Picture{})
	a.reply = func(c control.Command) (control.Reply, *control.Fault) {
		if c.Folder == "bad" {
			return control.Reply{}, &control.Fault{Kind: control.Failed, What: "no \x1b[31mway", Next: "try"}
		}
		return control.Reply{Text: "Done."}, nil
	}
	nobody := t.TempDir()
	for _, c := range []struct {
		name string
		got  said
		want said
	}{
		{"done", a.kith("scan"), said{"Done.\n", "", 0}},
		{"failed, with the next step", a.kith("scan", "bad"), said{"", "kith: no \\u001b[31mway\nnext: try\n", 1}},
		{"a command there is none of", a.kith("dance"), said{"", "kith: unexpected argument dance\nnext: kith --help\n", 2}},
		{"an argument too few", a.kith("leave"), said{"", "kith: expected \"<folder>\"\nnext: kith --help\n", 2}},
		{"no app", kith(t, nobody, "status"), said{"", "kith: Kith is not running\nnext: start it: kith run\n", 4}},
		{"pairing without anybody to ask", a.kith("pair", "x"), said{"", "kith: pair needs a person to compare the codes, and this is not a terminal\nnext: run it in a terminal, or say --yes\n", 2}},
		{"version", kith(t, nobody, "version"), said{"kith 1.2 (commit c, go1)\n", "", 0}},
		{"run where it runs already", a.kith("run"), said{"", "kith: Kith runs already on this home\nnext: kith status, or kith quit\n", 1}},
		{"no command where it runs already", a.kith(), said{"No folders yet · no other device here\n", "Kith is running.\n", 0}},
		{"log", a.kith("log"), said{"2026-11-22 10:30:00  received  docs  a\\u001b[2Jb  (ben)\n", "", 0}},
	} {
		if c.got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, c.got, c.want)
		}
	}
}

func TestManualHasEveryCommand(t *testing.T) {
	page := kith(t, t.TempDir(), "__manual").out
	for _, want := range []string{"Kith 1.2", ".B kith share <dir>", `.B \-\-with=DEVICE`, ".B kith version", "0 done, 1 failed"} {
		if !strings.Contains(page, want) {
			t.Errorf("the manual page has no %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "__") {
		t.Error("the manual page shows hidden commands")
	}
}

func TestCommandsAreSentAsSaid(t *testing.T) {
	a := runApp(t, control.Picture{})
	for _, c := range []struct {
		args string
		want control.Command
	}{
		{"share d --name N --with a,b --as receive", control.Command{Verb: control.Share, Dir: "d", Name: "N", With: []string{"a", "b"}, Role: "receive"}},
		{"accept f", control.Command{Verb: control.Accept, Folder: "f"}},
		{"accept f d", control.Command{Verb: control.Accept, Folder: "f", Dir: "d"}},
		{"accept f d --browse", control.Command{Verb: control.Accept, Folder: "f", Dir: "d", Browse: true}},
		{"get f/p", control.Command{Verb: control.Get, Folder: "f/p"}},
		{"drop f/p", control.Command{Verb: control.LetGo, Folder: "f/p"}},
		{"decline f", control.Command{Verb: control.Decline, Folder: "f"}},
		{"leave f", control.Command{Verb: control.Leave, Folder: "f"}},
		{"pause", control.Command{Verb: control.Pause}},
		{"pause f --for 90m", control.Command{Verb: control.Pause, Folder: "f", For: 5400}},
		{"resume f", control.Command{Verb: control.Resume, Folder: "f"}},
		{"resolve f p --keep theirs", control.Command{Verb: control.Resolve, Folder: "f", Path: "p", Keep: "theirs"}},
		{"resolve f --all --keep both", control.Command{Verb: control.Resolve, Folder: "f", All: true, Keep: "both"}},
		{"restore f p --version v --to t", control.Command{Verb: control.Restore, Folder: "f", Path: "p", Version: "v", To: "t"}},
		{"approve f", control.Command{Verb: control.Approve, Folder: "f"}},
		{"undo f", control.Command{Verb: control.Undo, Folder: "f"}},
		{"unpair d", control.Command{Verb: control.Unpair, Device: "d"}},
		{"quit", control.Command{Verb: control.Quit}},
	} {
		if got := a.kith(strings.Fields(c.args)...); got.code != 0 {
			t.Errorf("%s: %+v", c.args, got)
			continue
		}
		sent, err := json.Marshal(a.commands[len(a.commands)-1])
		want, _ := json.Marshal(c.want)
		if err != nil || string(sent) != string(want) {
			t.Errorf("%s sends %s", c.args, sent)
		}
	}
}

func TestDoctor(t *testing.T) {
	a := runApp(t, control.Picture{})
	all := []control.Finding{
		{Level: control.LevelOK, What: "On the network", Why: "not said when all is well"},
		{Level: control.LevelError, What: "b\x1bd", Why: "ufw drops it", Next: "allow it", Command: "sudo ufw allow 1\nsudo b"},
	}
	a.reply = func(control.Command) (control.Reply, *control.Fault) { return control.Reply{Findings: all}, nil }
	want := said{"error    b\\u001bd\n         Ufw drops it.\n         Allow it.\n             sudo ufw allow 1\n             sudo b\n" +
		"ok       On the network\n", "kith: one thing is wrong\n", 1}
	if got := a.kith("doctor"); got != want {
		t.Errorf("said %+v\nwant %+v", got, want)
	}
	if got := a.kith("doctor", "--json"); got.code != 1 || !strings.Contains(got.out, `"command": "sudo ufw allow 1\nsudo b"`) {
		t.Errorf("said %+v", got)
	}
	all = all[:1]
	if got := a.kith("doctor"); got != (said{"ok       On the network\n", "", 0}) {
		t.Errorf("said %+v", got)
	}
}

func TestPlot(t *testing.T) {
	a := runApp(t, control.Picture{})
	want := "<svg>device=ben&folder=docs&height=260&span=1d&theme=light&width=320</svg>"
	args := strings.Fields("plot --folder docs --device ben --span 1d --width 320")
	if got := a.kith(args...); got.out != want || got.code != 0 {
		t.Errorf("said %+v", got)
	}
	file := filepath.Join(t.TempDir(), "speed.svg")
	if got := a.kith(append(args, file)...); got.out != "" || got.code != 0 {
		t.Errorf("said %+v", got)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != want {
		t.Errorf("wrote %q, %v", text, err)
	}
}

func TestSearchAndLs(t *testing.T) {
	a := runApp(t, control.Picture{})
	saved := time.Date(2026, 11, 22, 10, 30, 0, 0, time.Local)
	answers := []control.Reply{
		{Entries: []control.FolderEntry{
			{Folder: "docs", Path: "a/x\x1b.txt", Kind: "file", Size: 6, Modified: saved, Here: "yes", Holders: []control.Holder{{Name: "Ben"}, {Name: "Carl", Connected: true}}},
			{Folder: "docs", Path: "a/d", Kind: "directory", Here: "no", Holders: []control.Holder{{Name: "Ben", Connected: true}}},
		}, More: true},
		{Entries: []control.FolderEntry{{Folder: "docs", Path: "a/y", Kind: "file", Here: "older"}}},
	}
	n := 0
	a.reply = func(control.Command) (control.Reply, *control.Fault) { n++; return answers[(n-1)%2], nil }
	row := `x\u001b.txt 6 B 2026-11-22 10:30 yes Ben (away), Carl`
	if got := a.kith("search", "x", "--folder", "docs/a"); got.code != 0 || !strings.Contains(squeeze(got.out), "docs a/"+row) ||
		!strings.Contains(squeeze(got.out), "docs a/d/ Ben") || !strings.Contains(got.err, "There are more") {
		t.Errorf("search: %+v", got)
	}
	if c := a.commands[0]; c.Verb != control.Search || c.Query != "x" || c.Folder != "docs/a" {
		t.Errorf("search sends %+v", c)
	}
	n = 0
	got := a.kith("ls", "docs/a")
	if got.code != 0 || !strings.Contains(squeeze(got.out), row) || !strings.Contains(squeeze(got.out), "y 0 B another version") {
		t.Errorf("ls: %+v", got)
	}
	if c := a.commands[2]; c.Verb != control.List || c.Folder != "docs/a" || c.After != "a/d" {
		t.Errorf("ls goes on with %+v", c)
	}
	if got := a.kith("search", "x", "--json"); !strings.Contains(got.out, `"holders"`) {
		t.Errorf("search as JSON: %+v", got)
	}
}

func device(n byte, name string, paired, connected bool) control.Device {
	d := control.Device{Name: name, Paired: paired, Connected: connected}
	d.ID[0] = n
	return d
}

func folder(name string, state control.State, members ...control.Member) control.Folder {
	f := control.Folder{Name: name, Path: "/srv/" + name, State: state, Files: 1204, Bytes: 48_200_000, Members: members}
	f.ID[0] = name[0]
	return f
}

func memberOf(d control.Device, open, inStep bool, need int64) control.Member {
	return control.Member{Device: d.ID, Name: d.Name, Connected: open, InStep: inStep, NeedFiles: need}
}

func TestDevices(t *testing.T) {
	ben, cleo := device(1, "ben", true, true), device(2, "cleo", true, false)
	cleo.Reason = "it does not answer: off, asleep, or behind a firewall"
	cleo.Addresses = []string{"10.0.0.7:22547"}
	a := runApp(t, control.Picture{Devices: []control.Device{ben, cleo, device(3, "dora", false, false)}})
	want := `DEVICE  ID        STATE         LAST SEEN  ADDRESS
ben     aeaaaaaa  connected     now
cleo    aiaaaaaa  paired, away             10.0.0.7:22547
dora    amaaaaaa  nearby

cleo: it does not answer: off, asleep, or behind a firewall
`
	if got := a.kith("devices"); got.out != want {
		t.Errorf("said\n%swant\n%s", got.out, want)
	}
}

func TestStatus(t *testing.T) {
	ben, cleo := device(1, "ben", true, true), device(2, "cleo", true, false)
	eta := int64(240)
	busy := folder("busy", control.Syncing, memberOf(ben, true, false, 0))
	busy.NeedFiles, busy.NeedBytes, busy.ETA = 214, 48_200_000, &eta
	held := folder("held", control.Held)
	held.Reason = "60 files would be deleted"
	odd := folder("odd", control.Failing)
	odd.Problems = []control.Problem{{Path: "a\nb", Reason: "no room", Next: "make room"}}
	for _, c := range []struct {
		name string
		p    control.Picture
		want string
	}{
		{"all is well", control.Picture{
			Devices: []control.Device{ben, cleo},
			Folders: []control.Folder{folder("docs", control.InStep, memberOf(ben, true, true, 0), memberOf(cleo, false, false, 0))},
		}, `Up to date · 1 device here

FOLDER  STATE    FILES  SIZE   WITH                         PLACE
docs    in step  1,204  48 MB  ben (in step), cleo (away)  /srv/docs
`},
		{"under way", control.Picture{Devices: []control.Device{ben}, Folders: []control.Folder{busy}},
			`Syncing 214 files · 4 min

FOLDER  STATE         FILES  SIZE   WITH           PLACE
busy    50 % · 4 min  1,204  48 MB  ben (syncing)  /srv/busy
`},
		{"held back", control.Picture{Folders: []control.Folder{held}},
			`Changes are held back until you approve them

FOLDER  STATE  FILES  SIZE   WITH        PLACE
held    held   1,204  48 MB  nobody yet  /srv/held

held: 60 files would be deleted
  next: kith approve held to let it happen, kith undo held to take it back
`},
		{"a path that cannot be", control.Picture{Folders: []control.Folder{odd}},
			`Something needs a look

FOLDER  STATE  FILES  SIZE   WITH        PLACE
odd     error  1,204  48 MB  nobody yet  /srv/odd

odd/a\u000ab: no room
  next: make room
`},
		{"an offer", control.Picture{Offers: []control.Offer{{Name: "My plans", From: "anna"}}},
			`No folders yet · no other device here

anna: offers the folder "My plans"
  next: kith accept 'My plans', or kith decline 'My plans'
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := runApp(t, c.p)
			got := a.kith("status")
			if squeeze(got.out) != squeeze(c.want) || got.code != 0 {
				t.Errorf("said:\n%s%swant:\n%s", got.out, got.err, c.want)
			}
		})
	}
}

// squeeze makes one space of several: how wide columns are is not what is tested.
func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		indent := lines[i][:len(lines[i])-len(strings.TrimLeft(lines[i], " "))]
		lines[i] = indent + strings.Join(strings.Fields(lines[i]), " ")
	}
	return strings.Join(lines, "\n")
}

func TestWait(t *testing.T) {
	ben, cleo := device(1, "ben", true, true), device(2, "cleo", true, false)
	both := []control.Device{ben, cleo}
	with := func(f control.Folder) control.Picture {
		return control.Picture{Devices: both, Folders: []control.Folder{f, folder("zoo", control.InStep)}}
	}
	docs := func(state control.State, m control.Member) control.Picture {
		return with(folder("docs", state, m, memberOf(cleo, false, false, 9)))
	}
	in := docs(control.InStep, memberOf(ben, true, true, 0))
	for _, c := range []struct {
		name     string
		args     []string
		pictures []control.Picture
		code     int
		said     string
	}{
		{"in step at once, who is away does not count", nil, []control.Picture{in}, 0, ""},
		{"in step in the end", []string{"docs"}, []control.Picture{
			docs(control.Scanning, memberOf(ben, true, true, 0)),
			docs(control.InStep, memberOf(ben, false, false, 0)),
			docs(control.InStep, memberOf(ben, true, false, 3)), in,
		}, 0, ""},
		{"never in step here", nil, []control.Picture{docs(control.Syncing, memberOf(ben, true, true, 0))}, 3, "docs: syncing"},
		{"never in step there", nil, []control.Picture{docs(control.InStep, memberOf(ben, true, false, 3))}, 3, "ben lacks 3 files"},
		{"not open there", nil, []control.Picture{docs(control.InStep, memberOf(ben, false, false, 0))}, 3, "ben does not have the folder open"},
		{"another folder is not", []string{"zoo"}, []control.Picture{docs(control.Syncing, memberOf(ben, true, true, 0))}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := runApp(t, c.pictures...)
			a.reply = func(x control.Command) (control.Reply, *control.Fault) {
				for _, f := range c.pictures[0].Folders {
					if x.Folder == f.Name {
						return control.Reply{Folder: &f.ID}, nil
					}
				}
				return control.Reply{}, nil
			}
			got := a.kith(append([]string{"wait", "--timeout", "300ms"}, c.args...)...)
			if got.code != c.code || !strings.Contains(got.err, c.said) {
				t.Errorf("said %+v", got)
			}
			if a.commands[0].Verb != control.Scan {
				t.Errorf("sent %+v", a.commands)
			}
		})
	}
}

func TestPair(t *testing.T) {
	near, far := device(1, "ben", false, false), device(2, "cleo", false, false)
	paired := near
	paired.Paired = true
	asking := control.Pairing{ID: "p1", Device: near.ID, Name: "ben", Code: "123456", State: control.PairingWaiting}
	incoming := asking
	incoming.ID, incoming.Incoming = "p7", true
	other := control.Pairing{ID: "p8", Device: far.ID, Name: "cleo", Code: "999999", State: control.PairingWaiting, Incoming: true}
	failed := control.Pairing{ID: "p1", Device: near.ID, State: control.PairingFailed, Reason: "they differ"}
	p := func(d control.Device, all ...control.Pairing) control.Picture {
		return control.Picture{Devices: []control.Device{d, far}, Pairings: all}
	}
	for _, c := range []struct {
		name     string
		args     []string
		pictures []control.Picture
		answered string
		code     int
		said     string
	}{
		{"by name", []string{"ben"}, []control.Picture{p(near), p(near, asking), p(paired)}, "p1", 0, "Paired with ben."},
		{"by address", []string{"10.0.0.7"}, []control.Picture{p(near), p(near, asking), p(paired)}, "p1", 0, "123 456"},
		{"both at once: theirs counts", []string{"ben"}, []control.Picture{p(near, other), p(near, other, incoming), p(paired)}, "p7", 0, "Paired with ben."},
		{"waiting to be asked", nil, []control.Picture{p(near, incoming), p(paired)}, "p7", 0, "Paired with ben."},
		{"it fails", []string{"ben"}, []control.Picture{p(near), p(near, failed)}, "", 1, "they differ"},
		{"paired already", []string{"ben"}, []control.Picture{p(paired)}, "", 0, "ben is paired already."},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := runApp(t, c.pictures...)
			a.reply = func(x control.Command) (control.Reply, *control.Fault) {
				if x.Verb == control.Pair && len(c.args) > 0 {
					return control.Reply{Pairing: "p1"}, nil
				}
				return control.Reply{}, nil
			}
			got := a.kith(append([]string{"pair", "--yes"}, c.args...)...)
			if got.code != c.code || !strings.Contains(got.out+got.err, c.said) {
				t.Errorf("said %+v", got)
			}
			answered := ""
			for _, x := range a.commands {
				if x.Verb == control.Answer && x.Yes {
					answered += x.Pairing
				}
			}
			if answered != c.answered {
				t.Errorf("answered %q, sent %+v", answered, a.commands)
			}
		})
	}
}

func TestCompletions(t *testing.T) {
	a := runApp(t, control.Picture{
		Folders: []control.Folder{folder("docs", control.InStep)},
		Devices: []control.Device{device(1, "ben", true, true), device(2, "cleo", false, false)},
		Offers:  []control.Offer{{Name: "My plans"}},
	})
	for what, want := range map[string]string{"folders": "docs\n", "paired": "ben\n", "devices": "ben\ncleo\n", "offers": "My plans\n"} {
		if got := a.kith("__names", what); got.out != want {
			t.Errorf("names of %s: %+v", what, got)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		got := a.kith("completion", shell)
		for _, word := range []string{"status", "--timeout", "_names folders"} {
			if shell == "fish" {
				word = strings.TrimPrefix(word, "--")
			}
			if !strings.Contains(got.out, word) || strings.Contains(got.out, "Print names") {
				t.Errorf("%s lacks %q:\n%s", shell, word, got.out)
			}
		}
		bin, err := exec.LookPath(shell)
		if err != nil {
			continue // not on this machine; the text was looked at above
		}
		cmd := exec.Command(bin, "-n")
		cmd.Stdin = strings.NewReader(got.out)
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s does not read it: %v\n%s", shell, err, text)
		}
	}
}

func TestOnlyTheCommandsThatThereAre(t *testing.T) {
	help := kith(t, t.TempDir(), "--help")
	for _, absent := range []string{"install", "__names"} {
		if strings.Contains(help.out, "\n  "+absent) {
			t.Errorf("%s is offered:\n%s", absent, help.out)
		}
	}
	if help.code != 0 || !strings.Contains(help.out, "completion") {
		t.Errorf("help: %+v", help)
	}
}

func TestWords(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 48_200_000: "48 MB", 999_600: "1.0 MB", 2 << 30: "2.1 GB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{5: "5 s", 240: "4 min", 7200: "2 h"} {
		if got := span(n); got != want {
			t.Errorf("span(%d) = %q, want %q", n, got, want)
		}
	}
	addresses := []string{"10.0.0.7", "10.0.0.7:1", "[fe80::1]:22547", "fe80::1", "host:22547", "a.local", "localhost"}
	for _, word := range append(addresses, "ben", "Ben-PC") {
		if got := isAddress(word); got != slices.Contains(addresses, word) {
			t.Errorf("isAddress(%q) = %v", word, got)
		}
	}
}
