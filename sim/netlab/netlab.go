// Package netlab gives a test its own small network: hosts, each in a network
// namespace, joined by a bridge. It needs Linux and the tools of iproute2 and
// util-linux, but not root: where it has no right to make namespaces, Main
// starts the test binary again inside a user namespace, where it has. Where
// that is forbidden too, New skips the test and says why.
//
//	func TestMain(m *testing.M) { netlab.Main(m) }
//
//	func TestTheyMeet(t *testing.T) {
//		lab := netlab.New(t, "anna", "ben")
//		err := lab.Host("anna").Command("ping", "-c1", lab.Host("ben").IP().String()).Run()
//		...
//
// All of it is gone when the test ends.
package netlab

import (
	"net/netip"
	"os"
	"os/exec"
	"strings"
)

// stateEnv tells New what Main found: stateReady, or why there is no network
// to be had.
const (
	stateEnv   = "KITH_NETLAB"
	stateReady = "ready"
)

// Main runs the tests of a package that calls New, then exits. A program that is
// not a test may call New as well, if Main runs all of it.
func Main(m interface{ Run() int }) {
	state, code, ran := prepare()
	if ran {
		os.Exit(code)
	}
	os.Setenv(stateEnv, state)
	os.Exit(m.Run())
}

// T is what a Lab needs of a testing.TB: where its failures go, and who takes it
// down.
type T interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Skip(args ...any)
	Skipf(format string, args ...any)
	Cleanup(f func())
}

// Lab is one network: a bridge in a namespace of its own, and the hosts on it.
type Lab struct {
	t      T
	bridge *os.File // the namespace the bridge stands in
	hosts  map[string]*Host
}

// New builds a network with one host for each name (at most 9 letters each, for
// they name network ports). Host number n has the addresses 10.77.0.n/24 and
// fd77::n/64 on its interface eth0.
func New(t T, names ...string) *Lab {
	t.Helper()
	skipUnlessReady(t)
	l := &Lab{t: t, bridge: namespace(t), hosts: map[string]*Host{}}
	if out, err := tool(l.bridge, "ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0").CombinedOutput(); err != nil {
		t.Skipf("no bridge can be made here: %v: %s", err, out)
	}
	l.run(l.bridge, "ip", "link", "set", "br0", "up")
	for i, name := range names {
		h := &Host{lab: l, name: name, ns: namespace(t), number: i + 1}
		l.hosts[name] = h
		l.run(h.ns, "ip", "link", "set", "lo", "up")
		h.CreateInterface()
	}
	return l
}

// namespace makes a network namespace that lasts until the test ends.
func namespace(t T) *os.File {
	t.Helper()
	ns, err := newNamespace()
	if err != nil {
		t.Fatalf("new network namespace: %v", err)
	}
	t.Cleanup(func() { ns.Close() })
	return ns
}

func skipUnlessReady(t T) {
	t.Helper()
	switch state := os.Getenv(stateEnv); state {
	case stateReady:
	case "":
		t.Fatal("the package's TestMain does not call netlab.Main")
	default:
		t.Skip("no network of its own: " + state)
	}
	for _, name := range []string{"ip", "nsenter"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no network of its own: %v", err)
		}
	}
}

// Host returns the host of that name.
func (l *Lab) Host(name string) *Host {
	l.t.Helper()
	h, ok := l.hosts[name]
	if !ok {
		l.t.Fatalf("no host %q in this lab", name)
	}
	return h
}

// run runs a command in a namespace and fails the test when it fails.
func (l *Lab) run(ns *os.File, name string, args ...string) {
	l.t.Helper()
	if out, err := tool(ns, name, args...).CombinedOutput(); err != nil {
		l.t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// tool returns a command that will run in a namespace. It is killed when the
// test binary dies.
func tool(ns *os.File, name string, args ...string) *exec.Cmd {
	cmd := exec.Command("nsenter", append([]string{"--net=/proc/self/fd/3", "--", name}, args...)...)
	cmd.ExtraFiles = []*os.File{ns} // the first of them is descriptor 3
	dieWithParent(cmd)
	return cmd
}

// v4, v6 and local are the addresses of host number n. The last one is for the link
// alone; the kernel would make one too, but only some seconds later: the network
// would change while a test has just begun.
func v4(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 77, 0, byte(n)}), 24)
}

func v6(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 1: 0x77, 15: byte(n)}), 64)
}

func local(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 15: byte(n)}), 64)
}
