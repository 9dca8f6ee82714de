package syncer_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kith/syncer"
)

// TestWhatCannotTravelIsNotInStep has names here which no other device is told
// of: the folder says so until they are gone or renamed.
func TestWhatCannotTravelIsNotInStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a, b := w.devices[0], w.devices[1]
	connect(a, b)
	a.write("good", "everywhere")
	w.settle()
	failing := func(path, reason string) {
		t.Helper()
		a.until("failing", func(s syncer.Status) bool { return s.Phase == syncer.Failing && len(s.Problems) == 1 })
		s := a.status()
		if p := s.Problems[0]; s.Reason == "" || p.Path != path || !strings.Contains(p.Reason, reason) || p.Next == "" {
			t.Errorf("%s: %+v", path, s)
		}
	}
	inStep := func(s syncer.Status) bool { return s.Phase == syncer.InStep && len(s.Problems) == 0 }
	for path, reason := range map[string]string{
		".KITH":          "Kith's own",
		"d/.kith":        "Kith's own",
		"d/KITH~1":       "Kith's own",
		"bad \xff name":  "not valid UTF-8",
		"d/bad \xc3name": "not valid UTF-8",
	} {
		a.write(path, "here only")
		failing(path, reason) // found by the watch alone, in the root too
		a.rename(path, "good too")
		a.until("in step", inStep)
		a.remove("good too")
		w.settle()
		a.remove("d")
		w.settle()
	}
	w.same("good = everywhere")
	if os.Getuid() != 0 { // to whom nothing is closed
		a.write("closed", "nobody may read this")
		must(t, os.Chmod(filepath.Join(a.dir, "closed"), 0))
		failing("closed", "permission")
		must(t, os.Chmod(filepath.Join(a.dir, "closed"), 0o600))
		w.settle()
	}
}

// TestASocketIsNoFailure has something without content in the folder.
func TestASocketIsNoFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "anna", "ben")
	a := w.devices[0]
	connect(a, w.devices[1])
	l, err := net.Listen("unix", filepath.Join(a.dir, "s"))
	if err != nil {
		t.Skip("no sockets in directories here: ", err)
	}
	a.write("good", "everywhere")
	w.settle()
	if s := a.status(); len(s.Problems) != 1 || s.Problems[0].Path != "s" || s.Problems[0].Next == "" {
		t.Errorf("%+v", s)
	}
	l.Close()
	a.until("without it", func(s syncer.Status) bool { return len(s.Problems) == 0 })
}
