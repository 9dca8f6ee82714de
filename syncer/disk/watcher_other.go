//go:build !windows

package disk

import "github.com/fsnotify/fsnotify"

// watcher is what the system tells of changes by.
type watcher = fsnotify.Watcher

func newWatcher(string) (*watcher, error) { return fsnotify.NewWatcher() }

// watchesBelow tells whether a watched directory brings those below it along.
const watchesBelow = false
