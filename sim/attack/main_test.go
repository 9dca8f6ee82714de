//go:build linux

package attack

import (
	"context"
	"fmt"
	"os"
	"testing"

	"kith/sim/drive"
)

// programEnv names the binary to try. It may be set from outside, to try one that
// exists; else TestMain builds it.
const programEnv = "KITH_E2E_PROGRAM"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv(programEnv) == "" {
		dir, err := os.MkdirTemp("", "kith-attack-")
		if err == nil {
			defer os.RemoveAll(dir)
			err = build(dir)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
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
