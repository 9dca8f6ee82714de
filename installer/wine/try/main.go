// Command try runs the tests of packages as programs for Windows, under Wine.
//
//	go run ./installer/wine/try [-timeout D] [-run PATTERN] [-log FILE] ./index ./syncer/disk …
//
// Of a package that fails, all is shown that its tests said; of the others it stays
// in the log, which is written while they run.
// A package that takes longer than its time has failed, whatever holds it up. Tests for which Wine is not Windows stand in not.txt, each with the reason;
// they are left out, and counted.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"kith/installer/wine"
)

//go:embed not.txt
var not string

// trial is how packages are tried.
type trial struct {
	box     *wine.Box
	scratch string
	overlay string        // the list that go build wants
	timeout time.Duration // for the tests of one package
	only    string        // tests to run, as -test.run wants it
	log     *os.File
}

func main() {
	var t trial
	flag.DurationVar(&t.timeout, "timeout", 20*time.Minute, "time that the tests of one package may take")
	flag.StringVar(&t.only, "run", "", "run only the tests that match")
	log := flag.String("log", "dist/windows.log", "file for all that the tests say")
	flag.Parse()
	if err := t.start(*log, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "try:", err)
		os.Exit(1)
	}
}

func (t *trial) start(log string, patterns []string) (err error) {
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		return err
	}
	if t.log, err = os.Create(log); err != nil {
		return err
	}
	defer t.log.Close()
	return t.run(patterns)
}

func (t *trial) run(patterns []string) error {
	root, err := output("go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	packages, err := output("go", append([]string{"list", "-f", "{{.ImportPath}} {{.Dir}}"}, patterns...)...)
	if err != nil {
		return err
	}
	if t.scratch, err = os.MkdirTemp("", "kith-try-"); err != nil {
		return err
	}
	defer os.RemoveAll(t.scratch)
	t.box, err = wine.New(filepath.Join(t.scratch, "box"))
	if errors.Is(err, wine.ErrAbsent) {
		fmt.Println("nothing tried:", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer t.box.Close()
	quick, err := tempInMemory(t.box)
	if err != nil {
		return err
	}
	defer os.RemoveAll(quick)
	if t.overlay, err = wine.Overlay(t.scratch, root); err != nil {
		return err
	}
	var failed []string
	for line := range strings.Lines(packages) {
		name, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		began := time.Now()
		said, err := t.try(name, dir)
		if err != nil {
			said = fmt.Sprintf("FAIL\t%s\t%v", name, err)
			failed = append(failed, name)
		}
		fmt.Printf("%s\t%.1f s\n", said, time.Since(began).Seconds())
	}
	if failed != nil {
		return fmt.Errorf("under Wine these fail: %s", strings.Join(failed, " "))
	}
	return nil
}

// tempInMemory puts the directory for temporary files of a box into memory, where
// there is such a place: tests flush to the disk thousands of times.
func tempInMemory(box *wine.Box) (dir string, err error) {
	temps, err := filepath.Glob(box.C("users", "*", "Temp"))
	if err != nil || len(temps) != 1 {
		return "", err
	}
	if dir, err = os.MkdirTemp("/dev/shm", "kith-try-"); err != nil {
		return "", nil
	}
	return dir, errors.Join(os.RemoveAll(temps[0]), os.Symlink(dir, temps[0]))
}

// try builds the tests of a package and runs them in its directory.
func (t *trial) try(name, dir string) (said string, err error) {
	exe := filepath.Join(t.scratch, "test.exe")
	build := exec.Command("go", "test", "-c", "-overlay", t.overlay, "-o", exe, name)
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, said)
	}
	if _, err := os.Stat(exe); err != nil {
		return fmt.Sprintf("?\t%s\t[no test files]", name), nil
	}
	defer os.Remove(exe)
	skip, count := left(name)
	args := []string{"-test.short", "-test.v", "-test.timeout=" + t.timeout.String(), "-test.run=" + t.only}
	if count > 0 {
		args = append(args, "-test.skip="+skip)
	}
	out, err := t.bounded(dir, exe, args...)
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, telling(out))
	}
	return fmt.Sprintf("ok\t%s\tunder Wine, %d left out", name, count), nil
}

// bounded runs a program in the box to its end. Go's own -test.timeout is a matter
// of the program, which Wine may hold up as a whole; so there is an end from outside.
func (t *trial) bounded(dir, exe string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), t.timeout+20*time.Second)
	defer cancel()
	var out strings.Builder
	cmd := t.box.Command(exe, args...)
	said := io.MultiWriter(&out, t.log)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, said, said
	cmd.WaitDelay = 5 * time.Second // what serves the box may hold on to the output
	if err := cmd.Start(); err != nil {
		return "", err
	}
	kill := context.AfterFunc(ctx, func() { cmd.Process.Kill(); t.box.Close() })
	defer kill()
	err := cmd.Wait()
	if ctx.Err() != nil {
		err = ctx.Err()
	} else if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	return out.String(), err
}

// telling is what tests say, without those that pass, and so long that it can be read.
func telling(out string) string {
	var b strings.Builder
	for line := range strings.Lines(out) {
		start, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if passed := strings.HasPrefix(strings.TrimSpace(line), "--- PASS"); !passed && start != "===" && b.Len() < 16<<10 {
			b.WriteString(line)
		}
	}
	return b.String()
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
