package results

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFiguresAreKeptWhereAskedFor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	t.Setenv(Dir, dir)
	if err := Report("layer", map[string]any{"runs": 3}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "layer.json"))
	if err != nil || string(got) != "{\"runs\":3}\n" {
		t.Errorf("%q, %v", got, err)
	}
}
