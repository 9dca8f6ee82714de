//go:build !linux && !windows

package control

import (
	"context"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"kith/control/doctor"
)

// maxWatches: the system has no such limit.
func maxWatches() int { return 0 }

// firewallProfiles: no firewall here knows programs by a name of their own.
func firewallProfiles() []doctor.Firewall { return nil }

// firewalls returns whether the firewall of macOS is on. Other systems are not
// known.
func firewalls() []doctor.Firewall {
	if runtime.GOOS != "darwin" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/libexec/ApplicationFirewall/socketfilterfw", "--getglobalstate").Output()
	if err == nil && strings.Contains(string(out), "enabled") {
		return []doctor.Firewall{doctor.MacOS}
	}
	return nil
}
