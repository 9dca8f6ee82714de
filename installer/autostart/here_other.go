//go:build !windows && !darwin

package autostart

import (
	"fmt"
	"os"
	"path/filepath"
)

func here() (place, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return nil, fmt.Errorf("find autostart: %w", err)
	}
	return xdg{filepath.Join(config, "autostart")}, nil
}
