package control

import (
	"slices"
	"testing"
	"testing/fstest"

	"kith/control/doctor"
)

func TestFirewallsThatKnowKithByName(t *testing.T) {
	root := fstest.MapFS{"etc/ufw/applications.d/ssh": {}}
	if got := firewallProfilesOf(root); got != nil {
		t.Errorf("without its profiles: %v", got)
	}
	root["usr/lib/firewalld/services/kith.xml"] = &fstest.MapFile{}
	if got := firewallProfilesOf(root); !slices.Equal(got, []doctor.Firewall{doctor.Firewalld}) {
		t.Errorf("with one: %v", got)
	}
	root["etc/ufw/applications.d/kith"] = &fstest.MapFile{}
	if got := firewallProfilesOf(root); !slices.Equal(got, []doctor.Firewall{doctor.UFW, doctor.Firewalld}) {
		t.Errorf("with both: %v", got)
	}
}

func TestFirewallsThatAreOn(t *testing.T) {
	ufw := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	running := &fstest.MapFile{Data: []byte("populated 1\n")}
	for name, c := range map[string]struct {
		root fstest.MapFS
		want []doctor.Firewall
	}{
		"none":              {fstest.MapFS{}, nil},
		"ufw is installed":  {fstest.MapFS{"etc/ufw/ufw.conf": ufw("# ENABLED=yes\nENABLED=no\n")}, nil},
		"ufw is on":         {fstest.MapFS{"etc/ufw/ufw.conf": ufw("# about it\nENABLED=yes\nLOGLEVEL=low\n")}, []doctor.Firewall{doctor.UFW}},
		"firewalld is on":   {fstest.MapFS{"sys/fs/cgroup/system.slice/firewalld.service/cgroup.events": running}, []doctor.Firewall{doctor.Firewalld}},
		"a file of another": {fstest.MapFS{"sys/fs/cgroup/system.slice/ssh.service/cgroup.events": running}, nil},
	} {
		if got := firewallsOf(c.root); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, not %v", name, got, c.want)
		}
	}
	if maxWatches() <= 0 {
		t.Error("no limit of watches")
	}
}
