//go:build linux

package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kith/sim/people"
)

// writeNoise makes a file of so many bytes of noise.
func writeNoise(name string, size int64, seed uint64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyN(f, people.Noise(seed), size)
	return err
}

// copyGo copies the Go distribution, or a part of it with -short, to dir: the
// nearest tree of real files that every machine with the compiler has.
func copyGo(w *world, dir string) {
	w.Helper()
	out, err := exec.CommandContext(w.ctx, "go", "env", "GOROOT").Output()
	w.must(err)
	root := strings.TrimSpace(string(out))
	from := []string{filepath.Join(root, "src"), filepath.Join(root, "test"), filepath.Join(root, "bin")}
	if testing.Short() {
		from = []string{filepath.Join(root, "src", "net"), filepath.Join(root, "src", "cmd", "go")}
	}
	for _, f := range from {
		if said, err := exec.CommandContext(w.ctx, "cp", "-rp", f, dir).CombinedOutput(); err != nil {
			w.Fatalf("copy %s: %v: %s", f, err, said)
		}
	}
}

// awkward are names that trip programs up. Each is legal on Linux and must
// arrive as it is.
func awkward() []string {
	names := []string{
		"with space", " leading space", "trailing space ", "trailing dot.", "...",
		"new\nline", "tab\there", "bell\a", "-rf", "--help", "~", "~root", "$HOME", "`id`", "%s%n%d", "a;b|c&d",
		"quote'single", `quote"double`, `back\slash`, "a:b", "con", "CON", "NUL.txt", "aux.c", "what?", "star*", "<angle>",
		"[bracket]", "{brace}", "#hash", "!bang", "@at", "comma,", "plus+", "=equals",
		"nfc/\u00e9t\u00e9", "nfd/e\u0301te\u0301", "日本語", "Ελληνικά", "עברית", "emoji 👩‍👩‍👧‍👦 🏳️‍🌈",
		"rtl \u202egnp.exe", "zero\u200bwidth", "bom\ufeff", "ﬁ ligature", "İstanbul", "straße", "\u2028line separator",
		strings.Repeat("n", 255), strings.Repeat("é", 127), strings.Repeat("名", 85),
		"file (conflict, someone, 2020-01-01 00.00).txt", ".hidden", "..two dots", "foo.kith", "kith",
		"deep/" + strings.Repeat("d/", 100) + "leaf",
		"long/" + strings.Repeat(strings.Repeat("l", 100)+"/", 28) + "leaf",
	}
	return names
}

// makeAwkward writes a file under each awkward name, with its name in it.
func makeAwkward(w *world, dir string) {
	for _, name := range awkward() {
		file := filepath.Join(dir, name)
		w.must(os.MkdirAll(filepath.Dir(file), 0o755))
		w.must(os.WriteFile(file, []byte(name), 0o644))
	}
}

// sparseSize is the length of the sparse file, of which two pages are written.
const sparseSize = 64 << 20

// makeSpecial makes what is not an ordinary file: links, empty directories,
// holes, permissions, times.
func makeSpecial(w *world, dir string) {
	w.Helper()
	at := func(name string) string { return filepath.Join(dir, name) }
	w.must(os.MkdirAll(at("empty/in/empty"), 0o755))
	w.must(os.WriteFile(at("nothing"), nil, 0o600))
	for name, target := range map[string]string{
		"link to file": "nothing", "link to directory": "empty", "dangling": "no/such/file",
		"outside": "/etc/passwd", "up": "../../..", "loop": "loop", "odd target": "a\nb 'c' é",
	} {
		w.must(os.Symlink(target, at(name)))
	}
	for _, mode := range []os.FileMode{0o400, 0o600, 0o644, 0o755, 0o700, 0o664, 0o444} {
		name := at(fmt.Sprintf("mode %o", mode))
		w.must(os.WriteFile(name, []byte(name[len(dir):]), 0o644))
		w.must(os.Chmod(name, mode))
	}
	for name, when := range map[string]time.Time{
		"time ns": time.Unix(1700000000, 123456789), "time old": time.Unix(86400, 1),
		"time before": time.Unix(-86400, 999999999), "time future": time.Unix(4102444800, 5),
	} {
		w.must(os.WriteFile(at(name), []byte(name), 0o644))
		w.must(os.Chtimes(at(name), when, when))
	}
	makeSparse(w, at("sparse"))
}

func makeSparse(w *world, name string) {
	w.Helper()
	f, err := os.Create(name)
	w.must(err)
	defer f.Close()
	w.must(f.Truncate(sparseSize))
	for _, off := range []int64{16 << 20, 48 << 20} {
		_, err := f.WriteAt([]byte(strings.Repeat("data", 1024)), off)
		w.must(err)
	}
}

// onDisk returns how many bytes a file really takes.
func onDisk(w *world, name string) int64 {
	w.Helper()
	var st syscall.Stat_t
	w.must(syscall.Stat(name, &st))
	return st.Blocks * 512
}
