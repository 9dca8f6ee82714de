//go:build darwin || freebsd

package disk

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Boot names the life of the machine: another one means that what was only in
// memory is lost. Empty if the system does not tell.
func Boot() string {
	at, err := unix.SysctlTimeval("kern.boottime")
	if err != nil {
		return ""
	}
	return fmt.Sprint(at.Sec)
}
