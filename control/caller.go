//go:build linux || darwin || freebsd

package control

import "fmt"

// allowCaller decides about a caller by its user ID.
func allowCaller(caller, own uint32) error {
	if caller != own && caller != 0 {
		return fmt.Errorf("caller is user %d, not %d", caller, own)
	}
	return nil
}
