package discovery

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kith/index"
	"kith/sim/netlab"
)

// peerEnv makes the test binary a device: it holds the device's settings.
const peerEnv = "DISCOVERY_TEST_PEER"

func TestMain(m *testing.M) {
	if settings := os.Getenv(peerEnv); settings != "" {
		bePeer(settings)
		return
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil { // the tests wait more than they work
		log.Fatal(err)
	}
	netlab.Main(m)
}

// settings say what kind of device a started test binary is.
type settings struct {
	Seed, Name string
	Port       int
	Anywhere   bool // use every interface, loopback too
}

// event is what a device tells the test, one line of JSON each.
type event struct {
	Sighting
	Moved bool // the network changed
	CPU   time.Duration
	// Health is what a check told, Trouble why nothing could be sent.
	Health  *Health
	Trouble string
}

func deviceOf(seed string) index.DeviceID { return sha256.Sum256([]byte(seed)) }

// bePeer runs discovery until it is asked to stop. A number on standard input
// is its new port; "cpu" asks for the processor time spent, "check" for a check.
func bePeer(line string) {
	var s settings
	if err := json.Unmarshal([]byte(line), &s); err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var port atomic.Int64
	port.Store(int64(s.Port))
	out := json.NewEncoder(os.Stdout) // one Write a line
	var scout *Scout
	ready := make(chan struct{})
	go func() {
		<-ready
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			var n int64
			if _, err := fmt.Sscan(in.Text(), &n); err == nil {
				port.Store(n)
				continue
			}
			if in.Text() == "check" {
				if h, err := scout.Check(ctx); err == nil {
					out.Encode(eventOf(h))
				}
				continue
			}
			out.Encode(event{CPU: cpuTime()})
		}
	}()
	cfg := Config{
		Self:           func() Self { return Self{deviceOf(s.Seed), s.Name, int(port.Load())} },
		Saw:            func(x Sighting) { out.Encode(event{Sighting: x}) },
		NetworkChanged: func() { out.Encode(event{Moved: true}) },
		Log:            slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
	if s.Anywhere {
		cfg.Interfaces = func(net.Interface) bool { return true }
	}
	scout = New(cfg)
	close(ready)
	if err := scout.Run(ctx); err != nil {
		log.Fatal(err)
	}
}

// eventOf tells of a check. An error does not pass as JSON.
func eventOf(h Health) event {
	e := event{Health: &h}
	if h.Broadcast.Failed != nil {
		e.Trouble, h.Broadcast.Failed = h.Broadcast.Failed.Error(), nil
	}
	return e
}

// peer is a device that runs in a process of its own.
type peer struct {
	t      *testing.T
	id     index.DeviceID
	cmd    *exec.Cmd
	stdin  io.Writer
	events chan event
	latest map[index.DeviceID]Sighting // what it said last of each
}

// start starts a device on a host.
func start(t *testing.T, h *netlab.Host, s settings) *peer {
	t.Helper()
	line, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, id: deviceOf(s.Seed), cmd: h.Command(exe), events: make(chan event, 4096), latest: map[index.DeviceID]Sighting{}}
	p.cmd.Env = append(os.Environ(), peerEnv+"="+string(line))
	p.cmd.Stderr = &logger{t: t, prefix: s.Seed}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.events)
		for in := json.NewDecoder(stdout); ; {
			var e event
			if in.Decode(&e) != nil {
				return
			}
			p.events <- e
		}
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.end()
	})
	return p
}

// end waits for the end of the device. It is called once the device has been
// told to end; what it says until then is thrown away.
func (p *peer) end() error {
	for range p.events {
	}
	return p.cmd.Wait()
}

// limit ends a test that waits in vain: many times what is usual.
const limit = time.Minute

// await reads events until one is as wanted, and logs how long that took.
func (p *peer) await(what string, wanted func(event) bool) event {
	p.t.Helper()
	begin, last := time.Now(), event{}
	timeout := time.After(limit)
	for {
		select {
		case e, ok := <-p.events:
			if !ok {
				p.t.Fatalf("the device ended while waiting for: %s", what)
			}
			p.latest[e.Device] = e.Sighting
			if last = e; wanted(e) {
				p.t.Logf("%5.1f s: %s", time.Since(begin).Seconds(), what)
				return e
			}
		case <-timeout:
			p.t.Fatalf("in vain waited for: %s; the last event was %+v", what, last)
		}
	}
}

// awaitSeen waits until other is said to be at an address.
func (p *peer) awaitSeen(what string, other *peer, addr string) {
	p.t.Helper()
	p.awaitState(what, other, func(s Sighting) bool { return strings.Contains(fmt.Sprint(s.Addrs), addr) })
}

// awaitWithout waits until none of the addresses of other is like the one given.
func (p *peer) awaitWithout(what string, other *peer, addr string) {
	p.t.Helper()
	p.awaitState(what, other, func(s Sighting) bool { return !strings.Contains(fmt.Sprint(s.Addrs), addr) })
}

// awaitLost waits until other is said to be lost.
func (p *peer) awaitLost(what string, other *peer) {
	p.t.Helper()
	p.awaitState(what, other, func(s Sighting) bool { return s.Lost })
}

// awaitState waits until what was said last of other is as wanted.
func (p *peer) awaitState(what string, other *peer, wanted func(Sighting) bool) {
	p.t.Helper()
	if s, known := p.latest[other.id]; known && wanted(s) {
		return
	}
	p.await(what, func(e event) bool { return e.Device == other.id && wanted(e.Sighting) })
}

func (p *peer) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) say(line string) {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.stdin, line); err != nil {
		p.t.Fatal(err)
	}
}

// cpu returns the processor time that the device has spent.
func (p *peer) cpu() time.Duration {
	p.t.Helper()
	p.say("cpu")
	return p.await("an answer", func(e event) bool { return e.CPU > 0 }).CPU
}

// logger puts what a device logs into the test's log.
type logger struct {
	t      *testing.T
	prefix string
}

func (l *logger) Write(b []byte) (int, error) {
	l.t.Logf("%s: %s", l.prefix, strings.TrimSpace(string(b)))
	return len(b), nil
}
