package main

import (
	"os"
	"path/filepath"
	"strings"
)

// macZip makes what can be made for macOS without a Mac: the programs for the
// command line, and the recipe by which a Mac makes Kith.app.
func (w *workshop) macZip(to string) error {
	dir, err := w.bench()
	if err != nil {
		return err
	}
	for _, arch := range []string{"amd64", "arm64"} {
		file, err := w.program(program{os: "darwin", arch: arch})
		if err != nil {
			return err
		}
		if err := copyFile(file, filepath.Join(dir, "kith-"+arch), 0o755); err != nil {
			return err
		}
	}
	if err := w.gather(dir, "LICENSE", "README.md"); err != nil {
		return err
	}
	err = w.gather(filepath.Join(dir, "app"), "installer/mac/README.md", "installer/mac/build.sh")
	if err != nil {
		return err
	}
	info, err := os.ReadFile(filepath.Join(w.root, "installer/mac/Info.plist"))
	if err != nil {
		return err
	}
	base, _, _ := strings.Cut(w.version, "+") // Apple allows only numbers
	base, _, _ = strings.Cut(base, "~")
	filled := strings.NewReplacer("@VERSION@", base, "@BUILD@", w.fourNumbers()).Replace(string(info))
	if err := writeFile(filepath.Join(dir, "app", "Info.plist"), []byte(filled), 0o644); err != nil {
		return err
	}
	return w.zipFile(to, dir, "kith-"+w.version)
}
