package tray

import "embed"

//go:embed icons/*.template.png
var iconFiles embed.FS

// iconData returns a template, which the system draws in the colour of the bar.
func iconData(i Icon) []byte { return drawings{iconFiles}.read(string(i) + ".template.png") }
