package control

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"aead.dev/minisign"

	"kith/peer/wire"
)

// maker makes releases.
type maker struct {
	public string
	key    minisign.PrivateKey
}

func newMaker(t *testing.T) maker {
	t.Helper()
	public, key, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return maker{public.String(), key}
}

// release makes a signed statement of a version.
func (m maker) release(t *testing.T, version string) *wire.Release {
	t.Helper()
	name := fmt.Sprintf("kith-%s-%s-%s", version, runtime.GOOS, runtime.GOARCH)
	text := fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(name)), name)
	r := minisign.NewReader(strings.NewReader(text))
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Fatal(err)
	}
	comment := "kith " + version + ", commit 0123456789ab, timestamp:1700000000"
	return &wire.Release{Sums: []byte(text), Signature: r.SignWithComments(m.key, comment, "x")}
}

// put writes a statement into a directory, and returns the place of the sums.
func put(t *testing.T, dir string, r *wire.Release) string {
	t.Helper()
	path := filepath.Join(dir, "SHA256SUMS")
	for name, text := range map[string][]byte{path: r.Sums, path + ".minisig": r.Signature} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func lookFor(d *desk, from, key string) (Reply, error) {
	c := Command{Verb: Updates, Cwd: d.dir}
	if from != "" {
		c.From = &from
	}
	if key != "" {
		c.Key = &key
	}
	return d.Do(d.t.Context(), c)
}

func TestAReleaseIsFoundVerifiedAndKept(t *testing.T) {
	m, other := newMaker(t), newMaker(t)
	d := newTestDesk(t, keyOf(1), func(c *DeskConfig) { c.Version = "1.2.0" })
	_, err := lookFor(d, "", "")
	mustFail(t, err, "kith update --key")
	_, err = lookFor(d, "", "nonsense")
	mustFail(t, err, "begins with RW")
	_, err = lookFor(d, "http://kith.example/SHA256SUMS", m.public)
	mustFail(t, err, "https://")
	r, err := lookFor(d, "", m.public)
	if err != nil || !strings.Contains(r.Text, "looks for releases nowhere") {
		t.Errorf("%+v, %v", r, err)
	}
	_, err = lookFor(d, "not-there", "")
	mustFail(t, err, "check the address")
	put(t, d.dir, other.release(t, "9.0.0"))
	_, err = lookFor(d, "SHA256SUMS", "")
	mustFail(t, err, "not signed")
	put(t, d.dir, m.release(t, "1.3.0"))
	if r, err = lookFor(d, "", ""); err != nil || !r.Update.Newer || r.Update.Version != "1.3.0" || !strings.HasPrefix(r.Update.Place, d.dir) || !strings.Contains(r.Update.Next, r.Update.SHA256) {
		t.Errorf("%+v, %v", r.Update, err)
	}
	file := fmt.Sprintf("kith-1.3.0-%s-%s", runtime.GOOS, runtime.GOARCH)
	if err := os.WriteFile(filepath.Join(d.dir, file), []byte(file), 0o600); err != nil { // as its sum says
		t.Fatal(err)
	}
	if r, err = lookFor(d, "", ""); err != nil || !strings.Contains(r.Update.Next, "it is whole") {
		t.Errorf("with the file: %+v, %v", r.Update, err)
	}
	if err := os.WriteFile(filepath.Join(d.dir, file), []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = lookFor(d, "", "")
	mustFail(t, err, "somebody changed it")
	if err := os.Remove(filepath.Join(d.dir, file)); err != nil {
		t.Fatal(err)
	}
	put(t, d.dir, m.release(t, "1.1.0")) // somebody puts an old one there
	if r, err = lookFor(d, "", ""); err != nil || r.Update.Version != "1.3.0" {
		t.Errorf("set back: %+v, %v", r.Update, err)
	}
	d.stop()
	again := startDesk(t, keyOf(1), d.dir)
	if u := again.first().Update; u.Version != "1.3.0" || u.Newer { // this one calls itself "test", which is no version
		t.Errorf("after a start: %+v", u)
	}
	if r, err = lookFor(again, "", other.public); err == nil || r.Update != nil {
		t.Errorf("with another key: %+v, %v", r.Update, err)
	}
	again.paint()
	if u := again.Hub().Latest().Update; u.Version != "" {
		t.Errorf("another key, and still %+v", u)
	}
}

func TestReleasesAreHandedOn(t *testing.T) {
	m, stranger := newMaker(t), newMaker(t)
	ben, carl := keyOf(2), keyOf(3)
	d := newTestDesk(t, keyOf(1), func(c *DeskConfig) { c.Version, c.ReleaseKey = "1.2.0", m.public })
	d.pairWith(ben, "ben")
	d.pairWith(carl, "carl")
	fromBen, toCarl := linkTo(ben), linkTo(carl)
	d.Up(fromBen)
	d.Up(toCarl)
	defer d.Down(fromBen, context.Canceled)
	defer d.Down(toCarl, context.Canceled)

	d.Hear(fromBen, stranger.release(t, "9.9.9"))
	d.Hear(fromBen, m.release(t, "1.4.0"))
	d.Hear(fromBen, m.release(t, "1.3.0"))
	for {
		sent, ok := (<-toCarl.sent).(*wire.Release)
		if !ok {
			continue
		}
		if !bytes.Contains(sent.Sums, []byte("kith-1.4.0-")) {
			t.Errorf("handed on %s", sent.Sums)
		}
		break
	}
	d.paint()
	u := d.Hub().Latest().Update
	if !u.Newer || u.Version != "1.4.0" || u.From != "ben" || !strings.Contains(u.Next, "ben") {
		t.Errorf("the picture has %+v", u)
	}
}

func TestAnAddressIsAskedOnlyByHTTPS(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/good", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Header.Get("User-Agent")) })
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1000)) })
	mux.Handle("/away", http.RedirectHandler(plain.URL, http.StatusFound))
	srv := httptest.NewTLSServer(mux)
	defer srv.Close()
	was := updateClient.Transport
	updateClient.Transport = srv.Client().Transport
	defer func() { updateClient.Transport = was }()
	if text, err := fetchSmall(t.Context(), srv.URL+"/good", 10); err != nil || string(text) != "kith" {
		t.Errorf("%q, %v", text, err)
	}
	for path, want := range map[string]string{"/long": "longer than", "/away": "sent on", "/missing": "404"} {
		if _, err := fetchSmall(t.Context(), srv.URL+path, 10); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}
