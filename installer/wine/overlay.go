package wine

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed socket.go.txt
var socket []byte

// gaps are places where Go's library relies on what Wine 8 lacks, and how it can
// do without. A real Windows needs none of them.
var gaps = []struct{ file, old, new string }{
	{ // no SIO_UDP_NETRESET: UDP works without it
		"net/fd_windows.go",
		"windows.SIO_UDP_NETRESET, (*byte)(unsafe.Pointer(&flag)), size, nil, 0, &ret, nil, 0)\n\t\tif err != nil {",
		"windows.SIO_UDP_NETRESET, (*byte)(unsafe.Pointer(&flag)), size, nil, 0, &ret, nil, 0)\n\t\tif err != nil && err != syscall.Errno(10045) {",
	},
	{ // no FileDispositionInformationEx, said in another way than Go expects
		"internal/syscall/windows/at_windows.go",
		"case STATUS_INVALID_INFO_CLASS, // the operating system",
		"case NTStatus(0xC0000002), STATUS_INVALID_INFO_CLASS, // the operating system",
	},
}

// Overlay writes, into dir, what go build -overlay wants to build a program that
// can be tried under Wine, and returns the name of its list. root is the directory
// of Kith's source.
func Overlay(dir, root string) (string, error) {
	said, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("find Go: %w", err)
	}
	goroot := strings.TrimSpace(string(said))
	replace := map[string]string{}
	put := func(original, name string, text []byte) error {
		replace[original] = filepath.Join(dir, name)
		return os.WriteFile(replace[original], text, 0o644)
	}
	for _, g := range gaps {
		original := filepath.Join(goroot, "src", g.file)
		text, err := os.ReadFile(original)
		if err != nil {
			return "", err
		}
		if strings.Count(string(text), g.old) != 1 {
			return "", fmt.Errorf("this Go has changed where Wine has a gap: %s", g.file)
		}
		text = []byte(strings.Replace(string(text), g.old, g.new, 1))
		if err := put(original, filepath.Base(g.file), text); err != nil {
			return "", err
		}
	}
	if err := put(filepath.Join(root, "control", "socket.go"), "socket.go", socket); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, list, 0o644)
}
