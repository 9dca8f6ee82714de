package disk

import (
	"fmt"
	"strings"
)

// windowsName says why Windows cannot hold a name; nil if it can. It takes some
// names for devices, some characters for something else, and drops dots and
// spaces at the end.
// See https://learn.microsoft.com/windows/win32/fileio/naming-a-file.
func windowsName(name string) error {
	if i := strings.IndexFunc(name, func(r rune) bool { return r < ' ' || strings.ContainsRune(`<>:"/\|?*`, r) }); i >= 0 {
		return fmt.Errorf("%q holds %q", name, name[i:i+1])
	}
	if strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") {
		return fmt.Errorf("%q ends in a dot or a space", name)
	}
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return fmt.Errorf("%q is the name of a device", name)
	}
	for _, port := range []string{"COM", "LPT"} {
		if n, ok := strings.CutPrefix(stem, port); ok && isPort(n) {
			return fmt.Errorf("%q is the name of a device", name)
		}
	}
	return nil
}

func isPort(n string) bool {
	switch n {
	case "1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "¹", "²", "³":
		return true
	}
	return false
}
