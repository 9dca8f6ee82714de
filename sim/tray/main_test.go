//go:build linux

package tray

import (
	"context"
	"fmt"
	"os"
	"testing"

	"kith/sim/drive"
	"kith/sim/netlab"
)

// programEnv names the binary to try, if it is not to be built.
const programEnv = "KITH_E2E_PROGRAM"

// suite has the program built once, then runs the tests.
type suite struct{ *testing.M }

func (s suite) Run() int {
	if os.Getenv(programEnv) == "" {
		dir, err := os.MkdirTemp("", "kith-tray-")
		if err == nil {
			defer os.RemoveAll(dir)
			err = build(dir)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return s.M.Run()
}

func build(dir string) error {
	module, err := drive.ModuleDir()
	if err != nil {
		return err
	}
	program, err := drive.Build(context.Background(), module, dir)
	if err != nil {
		return err
	}
	return os.Setenv(programEnv, program)
}

func TestMain(m *testing.M) { netlab.Main(suite{m}) }
