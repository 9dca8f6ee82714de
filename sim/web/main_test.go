//go:build linux

package web

import (
	"testing"

	"kith/sim/drive"
	"kith/sim/netlab"
)

func TestMain(m *testing.M) { netlab.Main(drive.Suite{Tests: m}) }
