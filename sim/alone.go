package sim

import (
	"runtime"
	"runtime/debug"
	"sync"
)

// Alone makes this process run scenarios the same every time: on one processor,
// so that what wakes at one instant runs in one order, and without a collector that
// comes in between. It holds for the whole process.
func Alone() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(enough)
	collect()
}

const enough = 1 << 30 // bytes at which the collector comes all the same

// sweep collects garbage between two scenarios, if there is much: not so much that
// caches and page tables feel it.
func sweep() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > enough/16 {
		collect()
	}
}

// collect collects garbage while some goroutines have deep stacks. The runtime
// gives each new goroutine as much stack as those have that the collector met, on
// the average. A scenario starts thousands, which would otherwise begin with 2 KiB
// and be copied to a larger place again and again: a fifth of all its time.
func collect() {
	const many, kib = 64, 10
	deep, hold := make(chan bool), make(chan bool)
	var group sync.WaitGroup
	for range many {
		group.Go(func() { deepen(kib, deep, hold) })
	}
	for range many {
		<-deep
	}
	runtime.GC()
	close(hold)
	group.Wait()
}

// deepen uses so many KiB of stack, says so, and keeps them until hold is closed.
func deepen(kib int, deep chan<- bool, hold <-chan bool) (sum byte) {
	var room [1 << 10]byte
	if kib > 0 {
		return room[kib] + deepen(kib-1, deep, hold)
	}
	deep <- true
	<-hold
	return room[kib]
}
