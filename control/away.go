package control

import (
	"errors"
	"net"
	"syscall"
)

// whyAway says in plain words why a device could not be reached.
func whyAway(err error) string {
	var slow net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Kith is not running there"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "it is not in this network now"
	case errors.As(err, &slow) && slow.Timeout():
		return "it does not answer: off, asleep, or behind a firewall"
	}
	return err.Error()
}
