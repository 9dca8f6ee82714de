package discovery

import (
	"bufio"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"kith/sim/netlab"
)

// avahiScript runs avahi with a message bus of its own, and a browser, in a
// private /run; what both say goes to standard output.
const avahiScript = `
set -e
mount -t tmpfs tmpfs /run
mkdir /run/avahi-daemon
cat >/run/bus.conf <<END
<busconfig><type>session</type><listen>unix:path=/run/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/>
<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>
END
cat >/run/avahi.conf <<END
[server]
host-name=avahibox
[wide-area]
enable-wide-area=no
[publish]
publish-workstation=no
END
dbus-daemon --config-file=/run/bus.conf --nofork &
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bus
while ! [ -S /run/bus ]; do sleep 0.05; done
avahi-daemon -f /run/avahi.conf --no-drop-root --no-chroot --no-rlimits 2>&1 &
while ! avahi-browse -t _kith._tcp >/run/out 2>&1; do sleep 0.05; done
avahi-publish -s "not ours" _kith._tcp 999 v=1 id=avahi >/run/out 2>&1 &
exec avahi-browse --resolve --parsable _kith._tcp 2>&1
`

// Avahi answers for the machine that Linux people have. We share its port and
// its network, and must not be in its way.
func TestWithAvahi(t *testing.T) {
	for _, name := range []string{"avahi-daemon", "avahi-browse", "dbus-daemon", "unshare"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("there is no avahi to try it with: %v", err)
		}
	}
	t.Parallel()
	lab := netlab.New(t, "anna", "ben")
	if err := lab.Host("anna").Command("setpriv", "--reuid=avahi", "true").Run(); err != nil {
		t.Skipf("avahi-daemon must become the user avahi, which only root may: %v", err)
	}
	lines := startAvahi(t, lab.Host("anna"))
	anna := start(t, lab.Host("anna"), settings{Seed: "anna", Port: 4001})
	ben := start(t, lab.Host("ben"), settings{Seed: "ben", Port: 4002})
	anna.awaitSeen("anna, beside avahi, sees ben", ben, "10.77.0.2:4002")
	ben.awaitSeen("ben sees anna, who is beside avahi", anna, "10.77.0.1:4001")
	lines.await("avahi keeps its own name", "Server startup complete. Host name is avahibox.local.")
	lines.await("avahi sees ben", "=;eth0;IPv4;"+instance(ben.id)+";_kith._tcp;local;"+strings.TrimSuffix(hostname(ben.id), ".")+";")
	lines.await("avahi sees anna", "=;eth0;IPv4;"+instance(anna.id)+";")
	ben.signal(syscall.SIGTERM)
	lines.await("avahi hears ben's goodbye", "-;eth0;IPv4;"+instance(ben.id)+";")
	anna.awaitLost("so does anna", ben)
}

// avahiLines is what avahi says, line by line.
type avahiLines struct {
	t     *testing.T
	lines chan string
	said  []string
}

func startAvahi(t *testing.T, h *netlab.Host) *avahiLines {
	t.Helper()
	cmd := h.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", avahiScript)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a := &avahiLines{t: t, lines: make(chan string, 1000)}
	go func() {
		defer close(a.lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			a.lines <- in.Text()
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		for range a.lines {
		}
		cmd.Wait()
	})
	return a
}

// await reads until a line begins as wanted. A line about a conflict of names
// means that we are in avahi's way.
func (a *avahiLines) await(what, prefix string) {
	a.t.Helper()
	timeout := time.After(limit)
	for {
		for _, l := range a.said {
			if strings.HasPrefix(l, prefix) {
				return
			}
		}
		select {
		case l, ok := <-a.lines:
			if !ok {
				a.t.Fatalf("avahi ended; it said:\n%s", strings.Join(a.said, "\n"))
			}
			if strings.Contains(strings.ToLower(l), "conflict") {
				a.t.Errorf("avahi says: %s", l)
			}
			a.said = append(a.said, l)
		case <-timeout:
			a.t.Fatalf("in vain waited for: %s; avahi said:\n%s", what, strings.Join(a.said, "\n"))
		}
	}
}
