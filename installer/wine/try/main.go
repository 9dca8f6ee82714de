// Command try runs the tests of packages as programs for Windows, under Wine.
//
//	go run ./installer/wine/try ./index ./syncer/disk …
//
// Tests for which Wine is not Windows stand in not.txt, each with the reason;
// they are left out, and counted.
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"kith/installer/wine"
)

//go:embed not.txt
var not string

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "try:", err)
		os.Exit(1)
	}
}

func run(patterns []string) error {
	root, err := output("go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	packages, err := output("go", append([]string{"list", "-f", "{{.ImportPath}} {{.Dir}}"}, patterns...)...)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "kith-try-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	box, err := wine.New(filepath.Join(scratch, "box"))
	if errors.Is(err, wine.ErrAbsent) {
		fmt.Println("nothing tried:", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer box.Close()
	list, err := wine.Overlay(scratch, root)
	if err != nil {
		return err
	}
	var failed []string
	for line := range strings.Lines(packages) {
		name, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		if err := try(box, name, dir, list, scratch); err != nil {
			fmt.Printf("FAIL\t%s\t%v\n", name, err)
			failed = append(failed, name)
		}
	}
	if failed != nil {
		return fmt.Errorf("under Wine these fail: %s", strings.Join(failed, " "))
	}
	return nil
}

// try builds the tests of a package and runs them in its directory.
func try(box *wine.Box, name, dir, list, scratch string) error {
	exe := filepath.Join(scratch, "test.exe")
	build := exec.Command("go", "test", "-c", "-overlay", list, "-o", exe, name)
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, said)
	}
	if _, err := os.Stat(exe); err != nil {
		fmt.Printf("?\t%s\t[no test files]\n", name)
		return nil
	}
	defer os.Remove(exe)
	skip, count := left(name)
	args := []string{"-test.short", "-test.timeout=4m"}
	if count > 0 {
		args = append(args, "-test.skip="+skip)
	}
	cmd := box.Command(exe, args...)
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, said)
	}
	fmt.Printf("ok\t%s\tunder Wine, %d left out\n", name, count)
	return nil
}

// left returns what of a package is left out, as -test.skip wants it.
func left(name string) (skip string, count int) {
	var names []string
	for line := range strings.Lines(not) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] != name {
			continue
		}
		parts := strings.Split(fields[1], "/")
		for i, part := range parts {
			parts[i] = "^" + regexp.QuoteMeta(part) + "$"
		}
		names = append(names, strings.Join(parts, "/"))
	}
	return strings.Join(names, "|"), len(names)
}

func output(name string, args ...string) (string, error) {
	said, err := exec.Command(name, args...).Output()
	return strings.TrimSpace(string(said)), err
}
