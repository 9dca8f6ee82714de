//go:build !(darwin || freebsd || netbsd || openbsd || dragonfly)

package disk

import "math"

// watchCost is what a watched directory counts against watchCap. The system has
// a limit of its own here and says when it is reached.
func watchCost(int) int { return 0 }

const watchCap = math.MaxInt
