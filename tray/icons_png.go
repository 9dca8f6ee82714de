//go:build !windows && !darwin

package tray

import "embed"

//go:embed icons/*.png
var iconFiles embed.FS

// iconData returns a picture in colours that can be told from a light and from a
// dark panel: which it is, nobody says.
func iconData(i Icon) []byte { return drawings{iconFiles}.read(string(i) + ".png") }
