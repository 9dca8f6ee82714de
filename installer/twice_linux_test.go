package installer

import (
	"os"
	"path/filepath"
	"testing"
)

// The same commit, in another directory and compiled anew, gives the same bytes.
func TestMadeTwiceIsTheSame(t *testing.T) {
	if !all() {
		t.Skip("everything made twice takes minutes: make test-packages")
	}
	canMake(t)
	products := "*_amd64.deb,*x86_64.rpm,*-linux-amd64.tar.gz,*-setup.exe,*.msi,*.zip,*.json"
	sums := func(place string) string {
		out, err := build(place, "", products)
		must(t, err)
		text, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
		must(t, err)
		return string(text)
	}
	first := sums("here")
	t.Setenv("GOCACHE", t.TempDir())
	second := sums("over/there")
	if first != second {
		t.Errorf("first\n%s\nand then\n%s", first, second)
	}
}
