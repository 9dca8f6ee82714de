package syncer_test

import (
	"math/rand/v2"
	"testing"

	"kith/syncer"
)

// TestTwoDoNotWaitForWhatBothLost: a power cut each took a file from all who had it, a small
// one and one of many blocks. It is gone, and nobody waits for anybody.
func TestTwoDoNotWaitForWhatBothLost(t *testing.T) {
	t.Parallel()
	large := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{1}).Read(large) //nolint:errcheck // it never fails
	for name, content := range map[string]string{"small": "a few bytes", "large": string(large)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "anna", "ben")
			a, b := w.devices[0], w.devices[1]
			connect(a, b)
			a.write("lost", content)
			a.write("kept", "on the disk by then")
			w.settle()
			disconnect(a, b)
			for _, d := range w.devices {
				d.stop()
				d.remove("lost")
				must(t, d.store.SetValue(t.Context(), w.folder, "settled", "0"))
				d.boot = "another life"
				d.start()
			}
			connect(a, b)
			for _, d := range w.devices {
				d.until("in step without what is nowhere", func(s syncer.Status) bool {
					return s.Phase == syncer.InStep && d.verbs("torn") == 1
				})
			}
			w.settle()
			w.same("kept = on the disk by then")
		})
	}
}
