package control

import (
	"bytes"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"kith/control/doctor"
)

// maxWatches returns how many directories this user may watch; zero: unknown.
func maxWatches() int {
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_user_watches")
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return n
}

// firewalls returns which of the usual firewalls are on.
func firewalls() []doctor.Firewall { return firewallsOf(os.DirFS("/")) }

// firewallProfiles returns which of them know Kith by its name, as they do where
// its package brought them a profile.
func firewallProfiles() []doctor.Firewall { return firewallProfilesOf(os.DirFS("/")) }

func firewallProfilesOf(root fs.FS) (out []doctor.Firewall) {
	for _, p := range []struct {
		firewall doctor.Firewall
		file     string
	}{
		{doctor.UFW, "etc/ufw/applications.d/kith"},
		{doctor.Firewalld, "usr/lib/firewalld/services/kith.xml"},
	} {
		if _, err := fs.Stat(root, p.file); err == nil {
			out = append(out, p.firewall)
		}
	}
	return out
}

// firewallsOf looks at what anybody may read: ufw's own switch, and whether the
// service of firewalld has processes.
func firewallsOf(root fs.FS) []doctor.Firewall {
	var out []doctor.Firewall
	conf, _ := fs.ReadFile(root, "etc/ufw/ufw.conf") // not there: not installed
	for line := range bytes.Lines(conf) {
		if strings.EqualFold(strings.ReplaceAll(string(bytes.TrimSpace(line)), `"`, ""), "enabled=yes") {
			out = append(out, doctor.UFW)
		}
	}
	if _, err := fs.Stat(root, "sys/fs/cgroup/system.slice/firewalld.service"); err == nil {
		out = append(out, doctor.Firewalld)
	}
	return out
}
