package drive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
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
	sources = module
	program, err := Build(context.Background(), module, dir)
	if err != nil {
		return err
	}
	return os.Setenv(ProgramEnv, program)
}

// sources is the module that a Suite built the program of; empty if it came from outside.
var sources string

// Program returns the path of the program that a test of a Suite drives. What it is made
// of is looked at here, and not where it is built: `go test` notes what the tests
// look at while they run, and takes an earlier result for good only while none of that
// has changed.
func Program(t interface{ Fatal(...any) }) string {
	program := os.Getenv(ProgramEnv)
	if err := visited(); err != nil {
		t.Fatal(err)
	}
	return program
}

var visited = sync.OnceValue(func() error {
	if sources == "" {
		_, err := os.Stat(os.Getenv(ProgramEnv))
		return err
	}
	return visit(sources)
})

// visit looks at every file of which the program may be made.
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
