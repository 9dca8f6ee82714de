package sqlite_test

import (
	"path/filepath"
	"runtime"
	"testing"

	"kith/index/indextest"
	"kith/index/sqlite"
	"kith/syncer"
)

// What the engine asks for, what is offered, and what is proved are the same.
var (
	_ syncer.Store    = (*sqlite.Index)(nil)
	_ syncer.Store    = indextest.Store(nil)
	_ indextest.Store = syncer.Store(nil)
)

// open opens the index at path. At the end of the test its books are audited and
// it is closed.
func open(t testing.TB, path string) *sqlite.Index {
	t.Helper()
	x, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Audit(); err != nil {
			t.Error(err)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func TestStore(t *testing.T) {
	name := "index of #1 50%?.db" // what means something in a URL
	if runtime.GOOS == "windows" {
		name = "index of #1 50%.db"
	}
	indextest.Run(t, func(t *testing.T) indextest.Store {
		return open(t, filepath.Join(t.TempDir(), name))
	})
}
