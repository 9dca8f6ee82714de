//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package disk

// watchCost is what a watched directory counts against watchCap: the system
// holds a file handle for it and for everything in it.
func watchCost(entries int) int { return 1 + entries }

// watchCap bounds those handles, well below what a process may have.
const watchCap = 8000
