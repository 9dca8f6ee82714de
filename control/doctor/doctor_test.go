package doctor

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// well is the evidence of a machine on which all is well, with edits.
func well(edit ...func(*Evidence)) Evidence {
	e := Evidence{
		System: "linux", Program: "/usr/bin/kith", Port: 22547, OwnPort: true, Watches: 1 << 19,
		Interfaces: []Interface{{"eth0", []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}}},
		Multicast:  Channel{Own: true, Others: 1}, Broadcast: Channel{Own: true},
		Devices: []Device{ben()},
		Folders: []Folder{{Name: "Photos", Dir: "/srv/photos", State: "in step", Free: 50e9}},
	}
	for _, f := range edit {
		f(&e)
	}
	return e
}

// ben is a device that is paired and connected, with edits.
func ben(edit ...func(*Device)) Device {
	d := Device{
		Name: "ben", Paired: true, Connected: true, Heard: true, Answer: Answered, CallBack: CallBackReached,
		Addrs: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.2:22547")},
	}
	for _, f := range edit {
		f(&d)
	}
	return d
}

func with(devices ...Device) func(*Evidence) {
	return func(e *Evidence) { e.Devices = devices }
}

func TestFindings(t *testing.T) {
	silent := func(d *Device) { d.Connected, d.Answer, d.CallBack = false, NoAnswer, CallBackUnknown }
	gone := func(d *Device) { silent(d); d.Heard = false }
	shut := func(d *Device) { d.Connected, d.CallBack = false, CallBackSilent }
	another := func(name string, edit ...func(*Device)) Device {
		d := ben(edit...)
		d.Name = name
		return d
	}
	behind := func(d *Device) { d.Ahead = 5 * time.Minute }
	for _, c := range []struct {
		name string
		e    Evidence
		want []string // what is not OK: level, and words that occur in order
	}{
		{"all is well", well(), nil},
		{"nobody else anywhere", well(with(), func(e *Evidence) { e.Multicast.Others = 0 }),
			[]string{"note|No other device|kith pair 10.0.0.7"}},
		{"it does not listen", well(func(e *Evidence) { e.Port = 0 }), []string{"error|does not listen"}},
		{"only for this machine", well(func(e *Evidence) { e.Loopback, e.Interfaces = true, nil }), []string{"note|from this computer only"}},
		{"a paired device is off", well(with(ben(gone))), []string{"note|ben is not here"}},
		{"a paired device is off, and ufw is on", well(with(ben(gone)), func(e *Evidence) { e.Firewalls = []Firewall{UFW} }),
			[]string{"note|ufw is on|sudo ufw allow 22547/tcp", "note|ben is not here"}},
		{"ufw keeps others out", well(with(ben(shut)), func(e *Evidence) { e.Firewalls = []Firewall{UFW} }),
			[]string{"error|cannot connect to this one|ufw drops|sudo ufw allow 22547/tcp && sudo ufw allow 22547/udp"}},
		{"another port", well(with(ben(shut)), func(e *Evidence) { e.Firewalls, e.Port = []Firewall{Firewalld}, 22550 }),
			[]string{"error|cannot connect|firewall-cmd --permanent --add-port=22550/tcp --add-port=22547/udp"}},
		{"ufw knows Kith by name", well(with(ben(shut)), func(e *Evidence) { e.Firewalls, e.Profiles = []Firewall{UFW}, []Firewall{UFW} }),
			[]string{"error|ufw drops|sudo ufw allow Kith"}},
		{"firewalld knows Kith by name", well(with(ben(shut)), func(e *Evidence) { e.Firewalls, e.Profiles = []Firewall{Firewalld}, []Firewall{Firewalld} }),
			[]string{"error|firewalld drops|sudo firewall-cmd --permanent --add-service=kith && sudo firewall-cmd --reload"}},
		{"only the other one knows Kith", well(with(ben(shut)), func(e *Evidence) { e.Firewalls, e.Profiles = []Firewall{Firewalld}, []Firewall{UFW} }),
			[]string{"error|firewalld drops|--add-port=22547/tcp"}},
		{"the name stands for another port", well(with(ben(shut)), func(e *Evidence) { e.Firewalls, e.Profiles, e.Port = []Firewall{UFW}, []Firewall{UFW}, 22550 }),
			[]string{"error|ufw drops|sudo ufw allow 22550/tcp"}},
		{"Windows keeps others out", well(with(ben(shut)), func(e *Evidence) {
			e.System, e.Program, e.Firewalls = "windows", `C:\Program Files\Kith\kith.exe`, []Firewall{Windows}
		}), []string{`error|cannot connect|administrator|netsh advfirewall firewall add rule name="Kith" dir=in action=allow program="C:\Program Files\Kith\kith.exe"`}},
		{"one got in, another did not", well(with(ben(), another("cleo", shut))), nil},
		{"several do not answer", well(with(ben(silent), another("cleo", silent))),
			[]string{"error|cannot connect to others", "note|ben is heard", "note|cleo is heard"}},
		{"one does not answer", well(with(ben(silent))), []string{"warning|ben is heard, but does not answer|kith doctor there"}},
		{"its Kith does not run", well(with(ben(gone, func(d *Device) { d.Answer = Closed }))), []string{"note|Kith does not run on the computer of ben"}},
		{"another device has its address", well(with(ben(silent, func(d *Device) { d.Answer = Foreign }))), []string{"warning|Something else answers where ben"}},
		{"it does not know us any more", well(with(ben(func(d *Device) { d.Connected, d.Reason = false, "it does not accept this device" }))),
			[]string{"warning|ben answers, but there is no conversation|does not accept|pair the two again"}},
		{"a name for the shell", well(with(another("$(rm -rf ~)", func(d *Device) { d.Paired, d.Connected = false, false }))), nil},
		{"their clock or ours", well(with(ben(behind))), []string{"warning|clocks of this computer and of ben differ by 5 minutes|timedatectl"}},
		{"our clock", well(with(ben(behind), another("cleo", behind))), []string{"warning|The clock of this computer is wrong by 5 minutes"}},
		{"port 5353 is taken", well(func(e *Evidence) { e.Multicast = Channel{Failed: "address already in use"} }),
			[]string{"warning|Multicast does not work|already in use|5353"}},
		{"IPv6 alone", well(func(e *Evidence) { e.Broadcast, e.Multicast.Others = Channel{None: true}, 0 }), nil},
		{"macOS lets nothing out", well(with(), func(e *Evidence) {
			e.System, e.Multicast, e.Broadcast = "darwin", Channel{}, Channel{Failed: "no route to host"}
		}), []string{"error|Nothing that Kith sends|no route to host|Local Network", "note|No other device"}},
		{"few watches", well(func(e *Evidence) { e.Watches = 8192 }), []string{"warning|Only 8192 directories|sysctl"}},
		{"no room", well(func(e *Evidence) { e.Folders[0].Free, e.Folders[0].Need = 3e9, 4e9 }),
			[]string{"error|Photos: there is no room|3.0 GB is free|4.0 GB are still to come"}},
		{"little room", well(func(e *Evidence) { e.Folders[0].Free = 500e6 }), []string{"note|Photos: there is little room|500 MB"}},
		{"room is unknown", well(func(e *Evidence) { e.Folders[0].Free = -1 }), nil},
		{"held", well(func(e *Evidence) {
			f := &e.Folders[0]
			f.Bad, f.State, f.Reason, f.Next = true, "changes are held back", "60 files would be deleted", "kith approve"
		}), []string{"error|Photos: changes are held back|60 files|kith approve"}},
		{"a path is not in step", well(func(e *Evidence) {
			e.Folders[0].Problems, e.Folders[0].More = []Problem{{"a:b", "no such name here", "rename it"}}, 3
		}), []string{"warning|a:b is not in step|no such name|rename it", "warning|3 more"}},
		{"conflicts wait", well(func(e *Evidence) { e.Folders[0].Conflicts = 2 }), []string{"note|conflicts that wait for a decision: 2"}},
	} {
		var got []string
		for _, f := range Diagnose(c.e) {
			if f.Level != OK {
				got = append(got, strings.Join([]string{string(f.Level), f.What, f.Why, f.Next, f.Command}, "|"))
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: found %q", c.name, got)
			continue
		}
		for i, want := range c.want {
			if !inOrder(got[i], strings.Split(want, "|")) {
				t.Errorf("%s: found %q, not %q", c.name, got[i], want)
			}
		}
		if wrong := strings.Contains(strings.Join(c.want, " "), "warning|") || strings.Contains(strings.Join(c.want, " "), "error|"); Wrong(Diagnose(c.e)) != wrong {
			t.Errorf("%s: wrong is %v", c.name, !wrong)
		}
	}
}

// inOrder reports whether s contains the words, one after the other.
func inOrder(s string, words []string) bool {
	for _, w := range words {
		i := strings.Index(s, w)
		if i < 0 {
			return false
		}
		s = s[i+len(w):]
	}
	return true
}

func TestCommandsAreSafeToCopy(t *testing.T) {
	for name, want := range map[string]string{
		"ben": "ben", "Ben-PC.local": "Ben-PC.local", "": "''", "Ben's PC": `'Ben'\''s PC'`, "$(rm -rf ~)": "'$(rm -rf ~)'", "a;b": "'a;b'",
	} {
		if got := shellWord(name); got != want {
			t.Errorf("%q is written %s, not %s", name, got, want)
		}
	}
}
