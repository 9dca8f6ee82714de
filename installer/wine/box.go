// Package wine is where programs for Windows are tried on Linux: under Wine 8,
// which is not Windows. LIMITS.md beside this file says what it does not show truly.
package wine

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Box is a Windows of its own, below one directory.
type Box struct{ dir string }

//go:embed bcryptprimitives.c.txt
var randomBytes []byte

// ErrAbsent says that the programs to try others with are not installed.
var ErrAbsent = errors.New("wine or the C compiler for Windows is not here")

// New makes a box in a directory that does not exist yet, or finds the one that
// was made there.
func New(dir string) (*Box, error) {
	for _, p := range []string{"wine", "wineboot", "wineserver", compiler} {
		if _, err := exec.LookPath(p); err != nil {
			return nil, ErrAbsent
		}
	}
	b := &Box{dir}
	library := filepath.Join(dir, "drive_c/windows/system32/bcryptprimitives.dll")
	if _, err := os.Stat(library); err == nil {
		return b, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if said, err := b.wine("wineboot", "--init").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make a box for Windows: %w\n%s", err, said)
	}
	source := filepath.Join(dir, "bcryptprimitives.c")
	if err := os.WriteFile(source, randomBytes, 0o644); err != nil {
		return nil, err
	}
	said, err := exec.Command(compiler, "-shared", "-O2", "-s", "-o", library, "-x", "c", source, "-x", "none", "-ladvapi32").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("make a library for Windows: %w\n%s", err, said)
	}
	return b, nil
}

const compiler = "x86_64-w64-mingw32-gcc"

// Command is a program for Windows, by its path here or by its name there.
func (b *Box) Command(program string, args ...string) *exec.Cmd {
	return b.wine("wine", append([]string{program}, args...)...)
}

func (b *Box) wine(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	for _, e := range os.Environ() { // a program here is not to find the screen, or somebody else's box
		if !strings.HasPrefix(e, "DISPLAY=") && !strings.HasPrefix(e, "WINE") && !strings.HasPrefix(e, "XDG_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, "WINEPREFIX="+b.dir, "WINEDEBUG=-all", "WINEDLLOVERRIDES=winemenubuilder.exe=d")
	return cmd
}

// C returns the path here of a file on the box's drive C.
func (b *Box) C(elements ...string) string {
	return filepath.Join(append([]string{b.dir, "drive_c"}, elements...)...)
}

// Wait waits until every program in the box has ended.
func (b *Box) Wait() error { return b.wine("wineserver", "--wait").Run() }

// Close ends what still runs in the box.
func (b *Box) Close() error {
	b.wine("wineserver", "--kill").Run() // fails where nothing runs
	return b.Wait()
}
