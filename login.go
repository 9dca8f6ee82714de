package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"

	"kith/control"
	"kith/installer/autostart"
)

// autostartOf returns what starts the app of a home at login.
func autostartOf(home control.Home) control.AutostartSwitch {
	e := autostart.Entry{
		Name: "kith", Title: "Kith", Comment: "Keeps folders the same on the machines around you",
		Exec: []string{program()},
	}
	if runtime.GOOS == "darwin" {
		e.Name = "org.kith.kith"
	}
	if usual, err := control.FindHome(""); err != nil || usual != home {
		sum := sha256.Sum256([]byte(home.Data))
		e.Name += "-" + hex.EncodeToString(sum[:4])
		e.Title += " (" + filepath.Base(home.Data) + ")"
		e.Exec = append(e.Exec, "--home", home.Data)
	}
	e.Exec = append(e.Exec, "run", "--at-login")
	return autostart.For(e)
}

// program returns the path by which this program can be started again without
// being seen: an AppImage runs from a place that is gone with it, and on Windows
// the one with a console has one without beside it.
func program() string {
	if image := os.Getenv("APPIMAGE"); filepath.IsAbs(image) {
		return image
	}
	exe, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	windowed := filepath.Join(filepath.Dir(exe), "kithw.exe")
	if _, err := os.Stat(windowed); runtime.GOOS == "windows" && err == nil {
		return windowed
	}
	return exe
}
