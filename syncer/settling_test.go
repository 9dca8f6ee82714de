package syncer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kith/syncer"
)

// TestTemporaryFilesAreForgotten: what is met while it is written, and removed before it is
// looked at again, is not remembered for good.
func TestTemporaryFilesAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna")
	a := w.devices[0]
	a.scan()
	at := time.Now().Add(time.Hour)
	a.clock.Store(&at)
	const many = 20
	for i := range many {
		name := fmt.Sprintf("temporary%d", i)
		a.write(name, "half of it")
		must(t, os.Chtimes(filepath.Join(a.dir, name), at, at))
	}
	asked, done := context.WithCancel(t.Context())
	defer done()
	go a.engine.Scan(asked, w.folder) //nolint:errcheck // it does not end as long as they are written
	a.until("looking at what is written", func(syncer.Status) bool { return a.engine.Settling(w.folder) >= many })
	for i := range many {
		a.remove(fmt.Sprintf("temporary%d", i))
	}
	later := at.Add(time.Hour)
	a.clock.Store(&later)
	a.scan()
	if n := a.engine.Settling(w.folder); n > 0 {
		t.Errorf("%d paths are remembered", n)
	}
}
