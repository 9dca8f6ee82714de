package control

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// VersionText says which version of the program this is: the one it was linked
// as, else what is known of the source it was built from.
func VersionText(linked string) string {
	if linked != "" {
		return linked
	}
	if commit := stamped("vcs.revision"); len(commit) >= 8 {
		return "devel " + commit[:8]
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}

// BuildText says what the program was made from, and for what: the commit it was
// linked as, or that the go command has stamped, the version of Go, the platform.
func BuildText(linked string) string {
	text := fmt.Sprintf("%s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	commit := cmp.Or(linked, stamped("vcs.revision"))
	if commit == "" {
		return text
	}
	if linked == "" && stamped("vcs.modified") == "true" {
		commit += " and more"
	}
	return "commit " + commit + ", " + text
}

// stamped returns a setting of the build that the go command has noted.
func stamped(key string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
