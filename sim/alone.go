package sim

import (
	"runtime"
	"runtime/debug"
)

// Alone makes this process run scenarios the same every time: on one processor,
// so that what wakes at one instant runs in one order, and without a collector that
// comes in between. It holds for the whole process.
func Alone() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(enough)
}

const enough = 1 << 30 // bytes at which the collector comes all the same

// sweep collects garbage between two scenarios, if there is much.
func sweep() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > enough/4 {
		runtime.GC()
	}
}
