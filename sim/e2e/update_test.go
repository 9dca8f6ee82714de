//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"

	"kith/sim/drive"
)

// TestReleaseIsHandedOn has one device look at a signed release. A device that is
// paired with it, and looks nowhere, knows of it then; so does a third one, which
// meets only the second. One that trusts another key does not.
func TestReleaseIsHandedOn(t *testing.T) {
	w := newWorld(t, 3*time.Minute, "anna", "ben", "carl", "dora")
	anna, ben, carl, dora := w.device("anna"), w.device("ben"), w.device("carl"), w.device("dora")
	w.start(anna, ben, carl, dora)
	w.must(drive.Pair(w.ctx, anna.Device, ben.Device))
	w.must(drive.Pair(w.ctx, ben.Device, carl.Device))
	w.must(drive.Pair(w.ctx, ben.Device, dora.Device))
	public, key, err := minisign.GenerateKey(nil)
	w.must(err)
	other, _, err := minisign.GenerateKey(nil)
	w.must(err)
	for _, d := range []*device{ben, carl} {
		w.kith(d, "update", "--key", public.String())
	}
	w.kith(dora, "update", "--key", other.String())
	dir := w.TempDir()
	sums := fmt.Sprintf("%064x  kith-99.1.0-linux-%s.tar.gz\n", 7, runtime.GOARCH)
	r := minisign.NewReader(strings.NewReader(sums))
	_, err = io.Copy(io.Discard, r)
	w.must(err)
	signature := r.SignWithComments(key, "kith 99.1.0, commit 0123456789ab, timestamp:1700000000", "x")
	for name, text := range map[string]string{"SHA256SUMS": sums, "SHA256SUMS.minisig": string(signature)} {
		w.must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	t.Log(w.kith(anna, "update", "--key", public.String(), "--from", filepath.Join(dir, "SHA256SUMS")))
	for _, d := range []*device{ben, carl} {
		w.eventually(d.Name+" hears of it", func() error {
			version, from := w.released(d)
			if version != "99.1.0" || from == "" {
				return fmt.Errorf("knows %q from %q", version, from)
			}
			return nil
		})
	}
	if _, from := w.released(carl); from != "ben" {
		t.Errorf("carl heard of it from %q", from)
	}
	if version, _ := w.released(dora); version != "" {
		t.Errorf("dora believes in %s", version)
	}
	w.must(ben.Quit())
	w.start(ben)
	if version, from := w.released(ben); version != "99.1.0" || from != "anna" {
		t.Errorf("after a start ben knows %q from %q", version, from)
	}
}

func (w *world) released(d *device) (version, from string) {
	w.Helper()
	var u struct{ Version, From string }
	w.must(json.Unmarshal([]byte(w.kith(d, "update", "--json")), &u))
	return u.Version, u.From
}
