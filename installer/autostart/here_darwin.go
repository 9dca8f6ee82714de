package autostart

import (
	"fmt"
	"os"
	"path/filepath"
)

func here() (place, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, fmt.Errorf("find LaunchAgents: %w", err)
	}
	return launchAgents{filepath.Join(home, "Library", "LaunchAgents")}, nil
}
