//go:build !linux

package discovery

import (
	"context"
	"errors"
)

// watchInterfaces has nothing to listen to on this system.
func watchInterfaces(context.Context, chan<- struct{}) error {
	return errors.New("this system does not tell about changes")
}
