//go:build linux

package e2e

import (
	"testing"

	"kith/sim/drive"
	"kith/sim/netlab"
)

func TestMain(m *testing.M) { netlab.Main(drive.Suite{Tests: m}) }
