package drive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ProgramEnv names the binary that tests drive. It may be set from outside, to try
// one that exists, such as an installed one; else a Suite has it built.
const ProgramEnv = "KITH_E2E_PROGRAM"

// Suite is the tests of a package (a *testing.M) that drive the program: it is
// built once, before they run.
type Suite struct{ Tests interface{ Run() int } }

// Run runs the tests and returns the code to exit with.
func (s Suite) Run() int {
	if os.Getenv(ProgramEnv) == "" {
		dir, err := os.MkdirTemp("", "kith-program-")
		if err == nil {
			defer os.RemoveAll(dir)
			err = s.build(dir)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return s.Tests.Run()
}

func (s Suite) build(dir string) error {
	module, err := ModuleDir()
	if err != nil {
		return err
	}
	if err := visit(module); err != nil {
		return err
	}
	program, err := Build(context.Background(), module, dir)
	if err != nil {
		return err
	}
	return os.Setenv(ProgramEnv, program)
}

// visit looks at every file of which the program may be made. `go test` notes what
// a test looks at, and takes an earlier result for good only while none of it has
// changed.
func visit(module string) error {
	return filepath.WalkDir(module, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // what others write beside it, such as a test of its own
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == ".git" || e.Name() == "dist"):
			return filepath.SkipDir
		}
		return nil
	})
}
