package control

import (
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"kith/control/doctor"
)

// maxWatches: the system has no limit of them.
func maxWatches() int { return 0 }

// firewallProfiles: no firewall here knows programs by a name of their own.
func firewallProfiles() []doctor.Firewall { return nil }

// firewalls returns whether the system's firewall is on for any kind of network.
func firewalls() []doctor.Firewall {
	const policy = `SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\`
	for _, profile := range []string{"StandardProfile", "PublicProfile", "DomainProfile"} {
		key, err := registry.OpenKey(registry.LOCAL_MACHINE, policy+profile, registry.QUERY_VALUE)
		if err != nil {
			continue
		}
		on, _, err := key.GetIntegerValue("EnableFirewall")
		key.Close()
		if err == nil && on != 0 {
			return []doctor.Firewall{doctor.Windows}
		}
	}
	return nil
}

// freeSpace returns how many bytes this user may still write on the volume of a
// directory; negative: unknown.
func freeSpace(dir string) int64 {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return -1
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return -1
	}
	return int64(free)
}
