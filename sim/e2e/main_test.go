//go:build linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"

	"kith/sim/drive"
	"kith/sim/netlab"
)

// programEnv tells the tests where the binary is that TestMain has built.
const programEnv = "KITH_E2E_PROGRAM"

// suite builds the program once, then runs the tests.
type suite struct{ *testing.M }

func (s suite) Run() int {
	dir, err := os.MkdirTemp("", "kith-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	module, err := drive.ModuleDir()
	if err == nil {
		var program string
		program, err = drive.Build(context.Background(), module, dir)
		os.Setenv(programEnv, program)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return s.M.Run()
}

func TestMain(m *testing.M) { netlab.Main(suite{m}) }
