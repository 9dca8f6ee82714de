// Package results keeps the figures of a test run, so that pages can tell what was
// tried without anybody writing numbers by hand.
package results

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Dir is the variable that names the directory to which figures go; without it
// they are printed only.
const Dir = "KITH_RESULTS"

// Report prints the figures of a layer as one line that a program can read, and
// keeps them as LAYER.json if somebody asked for that.
func Report(layer string, figures map[string]any) error {
	line, err := json.Marshal(figures)
	if err != nil {
		return fmt.Errorf("report %s: %w", layer, err)
	}
	fmt.Printf("results %s %s\n", layer, line)
	dir := os.Getenv(Dir)
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("report %s: %w", layer, err)
	}
	if err := os.WriteFile(filepath.Join(dir, layer+".json"), append(line, '\n'), 0o644); err != nil {
		return fmt.Errorf("report %s: %w", layer, err)
	}
	return nil
}
