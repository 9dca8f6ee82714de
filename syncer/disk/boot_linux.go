package disk

import (
	"os"
	"strings"
)

// Boot names the life of the machine: another one means that what was only in
// memory is lost. Empty if the system does not tell.
func Boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
