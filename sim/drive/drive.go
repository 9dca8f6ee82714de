// Package drive starts and steers the real program the way a person with a few
// shells would: one Device is one home directory, its running process, and the
// commands given to it. The end-to-end tests, the measurements and the
// demonstration all work through it.
//
// It knows the program only from outside: its command line, its exit codes and
// the JSON that `kith status --json` prints.
package drive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Host is where a device's processes run: this machine itself, or a network
// namespace on it.
type Host interface {
	// Command prepares a program to run there; it has not started yet.
	Command(name string, args ...string) *exec.Cmd
}

// Here is this machine itself.
type Here struct{}

// Command prepares a program to run on this machine.
func (Here) Command(name string, args ...string) *exec.Cmd { return exec.Command(name, args...) }

// Build compiles the program whose module directory is given into dir and
// returns the path of the binary.
func Build(ctx context.Context, module, dir string) (string, error) {
	bin := filepath.Join(dir, "kith")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", bin, ".")
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return bin, nil
}

// ModuleDir returns the directory of the module that the working directory
// belongs to.
func ModuleDir() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("ask go for the module: %w", err)
	}
	mod := strings.TrimSpace(string(out))
	if mod == "" || mod == os.DevNull {
		return "", fmt.Errorf("find the module: run this inside its source tree")
	}
	return filepath.Dir(mod), nil
}

// The exit codes of the program.
const (
	ExitDone       = 0
	ExitFailed     = 1
	ExitUsage      = 2
	ExitTimedOut   = 3
	ExitNotRunning = 4
)

// CommandError is a command of the program that did not end with ExitDone.
type CommandError struct {
	Device string
	Args   []string
	Code   int // exit code; -1 if the command was killed
	Stdout string
	Stderr string
}

func (e *CommandError) Error() string {
	said := strings.TrimSpace(e.Stderr)
	if said == "" {
		said = strings.TrimSpace(e.Stdout)
	}
	return fmt.Sprintf("%s: kith %s: exit %d: %s", e.Device, strings.Join(e.Args, " "), e.Code, said)
}

// printWithin is how long a program that ended is waited for to be heard out:
// what it started itself, as Wine does its server, may hold on to its output.
const printWithin = 5 * time.Second

// run runs cmd to its end and returns what it printed. The process is killed
// when ctx ends.
func run(ctx context.Context, cmd *exec.Cmd) (stdout, stderr string, err error) {
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errs, printWithin
	if err := cmd.Start(); err != nil {
		return "", "", err
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	if err = cmd.Wait(); errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	stop()
	return out.String(), errs.String(), err
}
