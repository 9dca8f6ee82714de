package control

import "runtime/debug"

// VersionText says which version of the program this is: the one it was linked
// as, else what is known of the source it was built from.
func VersionText(linked string) string {
	if linked != "" {
		return linked
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 8 {
			return "devel " + s.Value[:8]
		}
	}
	return info.Main.Version
}
