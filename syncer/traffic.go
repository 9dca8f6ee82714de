package syncer

import (
	"slices"
	"sync"
	"sync/atomic"

	"kith/index"
)

// Traffic is how much content went between a device and us in one folder since
// the folder was started, in bytes. It only grows.
type Traffic struct {
	Device   index.DeviceID
	Down, Up int64
}

// traffic counts the content that goes to and comes from each device.
type traffic struct {
	mu sync.Mutex // guards by
	by map[index.DeviceID]*flow
}

// flow counts what goes between us and one device. Its bytes are only added to.
type flow struct{ down, up atomic.Int64 }

// with returns the counters for a device.
func (t *traffic) with(device index.DeviceID) *flow {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by == nil {
		t.by = make(map[index.DeviceID]*flow)
	}
	w := t.by[device]
	if w == nil {
		w = &flow{}
		t.by[device] = w
	}
	return w
}

// all returns how far the counters are, in the order of the devices.
func (t *traffic) all() []Traffic {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Traffic, 0, len(t.by))
	for device, w := range t.by {
		out = append(out, Traffic{device, w.down.Load(), w.up.Load()})
	}
	slices.SortFunc(out, func(a, b Traffic) int { return a.Device.Compare(b.Device) })
	return out
}

func (t *traffic) sum() (down, up int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.by {
		down += w.down.Load()
		up += w.up.Load()
	}
	return down, up
}
