package tray

import (
	"os"
	"path/filepath"
	"testing"
)

// What is no directory any more is never opened: it may have become a program.
func TestOnlyDirectoriesAreOpened(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "run-me.sh")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := openDir(file); err == nil {
		t.Error("a file was opened")
	}
	if err := openDir(filepath.Join(file, "below")); err == nil {
		t.Error("a file was opened, of which a directory was asked for")
	}
}

func TestEmptyMeansNothingInIt(t *testing.T) {
	dir := t.TempDir()
	if !isEmpty(dir) {
		t.Error("a new directory has something in it")
	}
	if err := os.WriteFile(filepath.Join(dir, "a"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if isEmpty(dir) || isEmpty(filepath.Join(dir, "a")) || isEmpty(filepath.Join(dir, "b")) {
		t.Error("what is not an empty directory counts as one")
	}
}
