package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// program is one way to build Kith. None of them needs a C compiler.
type program struct {
	os, arch string
	pie      bool // can be loaded anywhere: what distributions ask of a package
	windowed bool // for Windows: without a console
}

// plainPrograms are those that stand alone: static, one file, for machines
// without a desktop, and for those who like it so.
var plainPrograms = []program{
	{os: "linux", arch: "amd64"}, {os: "linux", arch: "arm64"}, {os: "linux", arch: "arm"},
	{os: "windows", arch: "amd64"}, {os: "windows", arch: "arm64"},
	{os: "darwin", arch: "amd64"}, {os: "darwin", arch: "arm64"},
	{os: "freebsd", arch: "amd64"},
}

// program returns the file of a built program. Each is built once.
func (w *workshop) program(p program) (string, error) {
	if file, ok := w.programs[p]; ok {
		return file, nil
	}
	file := filepath.Join(w.scratch, fmt.Sprintf("program%d", len(w.programs)))
	if p.os == "windows" {
		file += ".exe"
	}
	link := "-s -w -buildid= -X main.version=" + w.version + " -X main.commit=" + w.commit[:12]
	if key := os.Getenv("KITH_SIGN_PUBLIC"); key != "" {
		link += " -X main.releaseKey=" + key
	}
	args := []string{"build", "-trimpath", "-buildvcs=false", "-o", file}
	if p.pie {
		args = append(args, "-buildmode=pie")
	}
	if p.windowed {
		link += " -H=windowsgui"
	}
	cmd := command(w.root, "go", append(args, "-ldflags", link, ".")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=",
		"GOOS="+p.os, "GOARCH="+p.arch, "GOAMD64=v1", "GOARM64=v8.0", "GOARM=6")
	if err := runs(cmd); err != nil {
		return "", err
	}
	if p.os == "windows" {
		if err := w.dress(file, p); err != nil {
			return "", err
		}
	}
	w.programs[p] = file
	return file, nil
}

// speak returns what the program prints here when called with args. What packages
// want to know of it, it says itself.
func (w *workshop) speak(args ...string) ([]byte, error) {
	cmd := command(w.root, "go", append([]string{"run", "-trimpath", "-buildvcs=false",
		"-ldflags", "-X main.version=" + w.version, "."}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	cmd.Stdout = nil
	said, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ask kith for %v: %w", args, err)
	}
	return said, nil
}
