package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestVersions(t *testing.T) {
	for tag, want := range map[string][2]string{
		"v1.2.3-0-gabcdef0":      {"1.2.3", "1.2.3.0"},
		"v1.2.3-14-gabcdef0":     {"1.2.3+14.gabcdef0", "1.2.3.14"},
		"v1.2.3-rc1-0-gabcdef0":  {"1.2.3~rc1", "1.2.3.0"},
		"v1.2.3-rc.1-2-gabcdef0": {"1.2.3~rc.1+2.gabcdef0", "1.2.3.2"},
	} {
		version, err := versionOf(tag)
		if err != nil || version != want[0] || (release{version: version}).fourNumbers() != want[1] {
			t.Errorf("%s is %q, %q (%v); want %q", tag, version, release{version: version}.fourNumbers(), err, want)
		}
	}
	for _, tag := range []string{"v1-0-gabcdef0", "nightly-0-gabcdef0", "v1.2.3"} {
		if version, err := versionOf(tag); err == nil {
			t.Errorf("%s is taken for %q", tag, version)
		}
	}
}

func TestChosenByName(t *testing.T) {
	w := &workshop{release: release{version: "1.0.0"}}
	deb, err := choose(w.products(), "*.deb")
	if err != nil || len(deb) != 2 {
		t.Errorf("%d debs, %v", len(deb), err)
	}
	if _, err := choose(w.products(), "*.dmg"); err == nil {
		t.Error("nothing matches, and nobody is told")
	}
}

// Archives are the same whatever the times, the umask and the order of things are.
func TestArchivesAreTheSame(t *testing.T) {
	w := &workshop{release: release{when: time.Unix(1_700_000_000, 0).UTC()}}
	pack := func(names ...string) (both []byte) {
		dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
		for _, name := range names {
			if err := writeFile(filepath.Join(dir, name), []byte(name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(filepath.Join(dir, names[0]), time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
		for _, archive := range []func(to, dir, top string) error{w.tarball, w.zipFile} {
			if err := archive(out, dir, "top"); err != nil {
				t.Fatal(err)
			}
			content, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			both = append(both, content...)
		}
		return both
	}
	if !bytes.Equal(pack("a", "b/c"), pack("b/c", "a")) {
		t.Error("the same files make different archives")
	}
}
