package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The tools that are Go programs, each in one version. They are no part of Kith:
// the go command builds them when they are asked for.
const (
	nfpm   = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.0" // newer ones pull in what can't be had everywhere
	winres = "github.com/tc-hib/go-winres@v0.3.3"
	gomod  = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@" + gomodVersion

	gomodVersion = "v1.9.0"
)

// command is a command that will run in a directory. What it says is an error's
// text if it fails, and else nobody's business.
func command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	return cmd
}

func runs(cmd *exec.Cmd) error {
	said, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("run %s: %w\n%s", cmd, err, said)
	}
	return nil
}

// output returns what a command prints, without the last newline.
func output(dir, name string, args ...string) (string, error) {
	said, err := command(dir, name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("run %s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(said)), nil
}

// goTool runs a tool that is a Go program, in a directory.
func (w *workshop) goTool(dir, tool string, args ...string) error {
	cmd := command(dir, "go", append([]string{"run", tool}, args...)...)
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", fmt.Sprintf("SOURCE_DATE_EPOCH=%d", w.when.Unix()))
	return runs(cmd)
}

// bench makes a directory for work on one product.
func (w *workshop) bench() (string, error) { return os.MkdirTemp(w.scratch, "") }

// gather copies files of the source into a directory.
func (w *workshop) gather(dir string, names ...string) error {
	for _, name := range names {
		info, err := os.Stat(filepath.Join(w.root, name))
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		if err := copyFile(filepath.Join(w.root, name), filepath.Join(dir, filepath.Base(name)), mode); err != nil {
			return err
		}
	}
	return nil
}

// age gives everything below dir the time of the release.
func (w *workshop) age(dir string) error {
	return filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(name, w.when, w.when)
	})
}

func copyFile(from, to string, mode fs.FileMode) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeFile(to, content, mode)
}

// writeFile writes a file with that very mode, whatever the umask is.
func writeFile(name string, content []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name, content, mode); err != nil {
		return err
	}
	return os.Chmod(name, mode)
}
