//go:build linux

package attack

import (
	"os"
	"testing"

	"kith/sim/drive"
)

func TestMain(m *testing.M) { os.Exit(drive.Suite{Tests: m}.Run()) }
