package tray

import (
	"embed"

	"golang.org/x/sys/windows/registry"
)

//go:embed icons/*.ico
var iconFiles embed.FS

// iconData returns a picture in all sizes, for the shade that the taskbar has now.
func iconData(i Icon) []byte {
	shade := ".dark.ico"
	if taskbarIsLight() {
		shade = ".light.ico"
	}
	return drawings{iconFiles}.read(string(i) + shade)
}

func taskbarIsLight() bool {
	k, err := registry.OpenKey(registry.CURRENT_USER, `Software\Microsoft\Windows\CurrentVersion\Themes\Personalize`, registry.QUERY_VALUE)
	if err != nil {
		return false // before there was a choice it was dark
	}
	defer k.Close()
	light, _, err := k.GetIntegerValue("SystemUsesLightTheme")
	return err == nil && light != 0
}
