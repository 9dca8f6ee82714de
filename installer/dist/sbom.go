package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
)

// sbom returns how to make the list of what the program for a system is made
// from, as CycloneDX has it, with the licences that were found. It is read from
// the program itself. The tool dates and numbers the list by chance, and tells
// which bytes it is made of; here that comes from the release, or not at all.
func (w *workshop) sbom(p program) func(to string) error {
	return func(to string) error {
		file, err := w.program(p)
		if err != nil {
			return err
		}
		dir, err := w.bench()
		if err != nil {
			return err
		}
		named := filepath.Join(dir, "kith")
		if err := copyFile(file, named, 0o755); err != nil {
			return err
		}
		serial := uuid.NewSHA1(uuid.NameSpaceURL, []byte("kith/sbom/"+w.version+"/"+w.commit+"/"+p.os+"/"+p.arch))
		err = w.goTool(w.root, gomod, "bin", "-json", "-licenses", "-assert-licenses", "-std",
			"-version", w.version, "-serial", serial.String(), "-output", named+".json", named)
		if err != nil {
			return err
		}
		return w.settle(named+".json", to)
	}
}

// settle writes a list anew without what is by chance.
func (w *workshop) settle(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var all map[string]any
	if err := json.Unmarshal(content, &all); err != nil {
		return err
	}
	about, ok := all["metadata"].(map[string]any)
	if !ok {
		return errors.New("the list says nothing about itself")
	}
	about["timestamp"] = w.when.Format(time.RFC3339)
	about["tools"] = []any{map[string]any{"vendor": "CycloneDX", "name": "cyclonedx-gomod", "version": gomodVersion}}
	if content, err = json.MarshalIndent(all, "", "  "); err != nil {
		return err
	}
	return writeFile(to, append(content, '\n'), 0o644)
}
