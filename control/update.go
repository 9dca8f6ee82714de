package control

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"kith/control/release"
	"kith/index"
	"kith/peer/wire"
)

// Kith asks nobody about new versions by itself. A person can have it look at an
// address, and paired devices hand each other the newest statement of a release
// that they know. It counts if its signature does, whoever brings it; and nothing
// is ever installed: a person does that.

// Update is what is known about releases of the program.
type Update struct {
	Address string `json:"address"`           // where a person has it look; empty: nowhere
	Able    bool   `json:"able"`              // there is a key to verify releases with
	Version string `json:"version,omitempty"` // of the newest verified release known
	Newer   bool   `json:"newer"`             // than this program
	From    string `json:"from,omitempty"`    // device or address that told: not to be trusted
	File    string `json:"file,omitempty"`    // of the release, for this machine
	SHA256  string `json:"sha256,omitempty"`  // of File
	Place   string `json:"place,omitempty"`   // where File lies, if that is known
	Next    string `json:"next,omitempty"`
}

// heardOf is the newest release known, and who told of it. It is kept as JSON.
type heardOf struct {
	From      string `json:"from"`
	Address   string `json:"address,omitempty"` // of the sums, if it was found there
	Sums      string `json:"sums"`
	Signature string `json:"signature"`

	statement release.Statement
}

// releaseKey returns the key by which releases are verified: the one a person
// gave, or the one of the program's makers.
func (d *Desk) releaseKey() string { return cmp.Or(d.Settings().UpdateKey, d.cfg.ReleaseKey) }

// loadRelease reads what an earlier run knew.
func (d *Desk) loadRelease() {
	text, err := os.ReadFile(d.cfg.Home.releaseFile())
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var h heardOf
	if err == nil {
		err = json.Unmarshal(text, &h)
	}
	if err == nil {
		h.statement, err = release.Read([]byte(h.Sums), []byte(h.Signature), d.releaseKey())
	}
	if err != nil {
		d.cfg.Log.Info("what was known of a release is forgotten", "reason", err)
		return
	}
	d.newest = &h
}

// hearRelease takes a statement from a device. One that is not signed, or not
// newer, is passed over.
func (d *Desk) hearRelease(from index.DeviceID, m *wire.Release) {
	s, err := release.Read(m.Sums, m.Signature, d.releaseKey())
	if err != nil {
		d.cfg.Log.Debug("statement of a release refused", "device", from.Brief(), "reason", err)
		return
	}
	if err := d.keepRelease(heardOf{From: d.nameOf(from), statement: s}); err != nil {
		d.cfg.Log.Warn("keep statement of a release", "error", err)
	}
}

// keepRelease makes a verified release the newest known, durably, if it is, and has
// the other devices told.
func (d *Desk) keepRelease(h heardOf) error {
	h.Sums, h.Signature = string(h.statement.Sums), string(h.statement.Signature)
	d.mu.Lock()
	known := d.newest
	news := known == nil || release.Newer(h.statement.Version, known.statement.Version)
	again := !news && h.Address != "" && h.statement.Version == known.statement.Version // the place is worth knowing
	if news || again {
		d.newest = &h
		for _, c := range d.links {
			wake(c.wake)
		}
	}
	d.mu.Unlock()
	if !news && !again {
		return nil
	}
	d.Changed()
	if news && release.Newer(h.statement.Version, d.cfg.Version) {
		d.note(Entry{Verb: "release", Device: h.From, Detail: "Kith " + h.statement.Version})
	}
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return writeWhole(d.cfg.Home.releaseFile(), text)
}

// releaseFor returns what a device is to be told, unless it was told already.
func (d *Desk) releaseFor(told string) (*wire.Release, string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.newest == nil || d.newest.statement.Version == told {
		return nil, told
	}
	s := d.newest.statement
	return &wire.Release{Sums: s.Sums, Signature: s.Signature}, s.Version
}

// checkUpdates sets where to look for releases, if that is said, looks there, and
// tells what is known.
func (d *Desk) checkUpdates(ctx context.Context, c Command) (Reply, error) {
	if c.From != nil || c.Key != nil {
		if err := d.setUpdates(c); err != nil {
			return Reply{}, err
		}
	}
	if d.releaseKey() == "" {
		return Reply{}, failed("this Kith was built without the key of its makers, so it can't verify a release").
			Hint("give it the key, if you trust one: kith update --key KEY")
	}
	if address := d.Settings().Updates; address != "" {
		if err := d.lookAt(ctx, address); err != nil {
			return Reply{}, err
		}
	}
	u := d.paintUpdate(d.Settings())
	if err := u.checkFile(); err != nil {
		return Reply{}, err
	}
	return Reply{Text: u.say(d.cfg.Version), Update: &u}, nil
}

func (d *Desk) setUpdates(c Command) error {
	err := d.save(func(s *Settings) error {
		if c.From != nil {
			address, err := updateAddress(c.Cwd, *c.From)
			if err != nil {
				return err
			}
			s.Updates = address
		}
		if c.Key != nil {
			if *c.Key != "" {
				if _, err := release.Read(nil, nil, *c.Key); errors.Is(err, release.ErrKey) {
					return usage("%v", err).Hint("it is one line that begins with RW")
				}
			}
			s.UpdateKey = strings.TrimSpace(*c.Key)
		}
		return nil
	})
	defer d.Changed()
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.newest; h != nil {
		if _, wrong := release.Read([]byte(h.Sums), []byte(h.Signature), d.releaseKey()); wrong != nil {
			d.newest = nil // the other key said that it counts
		}
	}
	return err
}

// updateAddress makes an address to keep of what a person said: https, or a file.
func updateAddress(cwd, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if u, err := url.Parse(text); err == nil && u.Scheme == "https" && u.Host != "" {
		return text, nil
	}
	if strings.Contains(text, "://") {
		return "", usage("%q is no address to look for releases at", text).
			Hint("give the https:// address or the file of a release's SHA256SUMS")
	}
	return absolute(cwd, text), nil
}

// lookAt reads and verifies the release at an address.
func (d *Desk) lookAt(ctx context.Context, address string) error {
	sums, err := fetchSmall(ctx, address, release.MaxSums)
	var signature []byte
	if err == nil {
		signature, err = fetchSmall(ctx, address+".minisig", release.MaxSignature)
	}
	if err != nil {
		return failed("look for a release: %w", err).Hint("check the address, or look at another one: kith update --from ADDRESS")
	}
	s, err := release.Read(sums, signature, d.releaseKey())
	if err != nil {
		return failed("the release at %s does not count: %w", address, err).Hint("do not install what lies there")
	}
	if err := d.keepRelease(heardOf{From: address, Address: address, statement: s}); err != nil {
		return failed("%w", err)
	}
	return nil
}

// updateClient speaks https only, also after it was sent elsewhere.
var updateClient = &http.Client{
	Timeout: 20 * time.Second,
	CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if r.URL.Scheme != "https" || len(via) > 5 {
			return fmt.Errorf("sent on to %s", r.URL.Redacted())
		}
		return nil
	},
}

// fetchSmall reads what is at an address, at most limit bytes.
func fetchSmall(ctx context.Context, address string, limit int64) ([]byte, error) {
	var from io.ReadCloser
	if strings.HasPrefix(address, "https://") {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("User-Agent", "kith") // which version asks is nobody's business
		res, err := updateClient.Do(req)
		if err != nil {
			return nil, err
		}
		from = res.Body
		if res.StatusCode != http.StatusOK {
			return nil, errors.Join(fmt.Errorf("%s answers %s", address, res.Status), from.Close())
		}
	} else {
		f, err := os.Open(address)
		if err != nil {
			return nil, err
		}
		from = f
	}
	defer from.Close()
	text, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s is longer than %d bytes", address, limit)
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), err
}

func (d *Desk) paintUpdate(s *Settings) Update {
	u := Update{Address: s.Updates, Able: d.releaseKey() != ""}
	d.mu.Lock()
	h := d.newest
	d.mu.Unlock()
	if h == nil {
		return u
	}
	u.Version, u.From = h.statement.Version, h.From
	u.Newer = release.Newer(u.Version, d.cfg.Version)
	name, sum := h.statement.File(runtime.GOOS, runtime.GOARCH)
	if name == "" {
		u.Next = "this release has no file for this machine: build it from its source"
		return u
	}
	u.File, u.SHA256 = name, hex.EncodeToString(sum[:])
	u.Place = placeOf(h.Address, name)
	switch {
	case !u.Newer:
	case u.Place != "":
		u.Next = "get " + u.Place + ", check that its SHA-256 is " + u.SHA256 + ", and install it"
	default:
		u.Next = "get " + name + " from where " + h.From + " has it from, check that its SHA-256 is " + u.SHA256 + ", and install it"
	}
	return u
}

// checkFile compares a newer release's file with its sum, where it lies on a disk.
func (u *Update) checkFile() error {
	if !u.Newer || !filepath.IsAbs(u.Place) {
		return nil
	}
	f, err := os.Open(u.Place)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return failed("check the new version: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return failed("check the new version: %w", err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != u.SHA256 {
		return failed("%s is not the file that the release names: it is damaged, or somebody changed it", u.Place).Hint("do not install it; get it anew")
	}
	u.Next = "install " + u.Place + ": it is whole, and the one that the release names"
	return nil
}

// placeOf returns where a file of the release lies whose sums are at an address.
func placeOf(address, name string) string {
	switch {
	case address == "":
		return ""
	case strings.HasPrefix(address, "https://"):
		u, err := url.Parse(address)
		if err != nil {
			return ""
		}
		return u.ResolveReference(&url.URL{Path: name}).String()
	}
	return filepath.Join(filepath.Dir(address), name)
}

// say tells a person what is known.
func (u Update) say(version string) string {
	switch {
	case u.Version == "" && u.Address == "":
		return "Kith looks for releases nowhere, and no paired device told of one. This is " + version + "."
	case u.Version == "":
		return "No release is known. This is " + version + "."
	case u.Newer:
		return "Kith " + u.Version + " is there; this is " + version + ". Verified; heard from " + u.From + "."
	case !release.Comparable(version):
		return "The newest release known is " + u.Version + ". This is a build of its own: " + version + "."
	}
	return "This is the newest version known: " + version + "."
}
