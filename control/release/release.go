// Package release reads what a release of the program says of itself: the sums of
// its files in the form of sha256sum, and a minisign signature
// (https://jedisct1.github.io/minisign) whose trusted comment names the version.
// Who made the statement, and not how it came here, decides whether it counts.
package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"aead.dev/minisign"
)

// How long the two parts may be, in bytes.
const (
	MaxSums      = 32 << 10
	MaxSignature = 4 << 10
)

// Statement is what a release says of itself, verified.
type Statement struct {
	Version string
	Commit  string // of the source it was made from
	Made    time.Time
	Files   map[string][sha256.Size]byte // SHA-256 by name

	Sums, Signature []byte // as they were published
}

// Why a statement does not count.
var (
	ErrKey       = errors.New("the key to verify releases with is no minisign public key")
	ErrSignature = errors.New("it is not signed by the key of Kith's makers")
	ErrStatement = errors.New("it is signed, but is no statement of a release")
)

var trusted = regexp.MustCompile(`(?m)^trusted comment: kith ([0-9][0-9A-Za-z.+~]{0,63}), commit ([0-9a-f]{7,64}), timestamp:([0-9]{1,12})\r?$`)

// Read verifies a statement by a public key, as minisign writes it, and reads it.
func Read(sums, signature []byte, key string) (Statement, error) {
	s := Statement{Files: map[string][sha256.Size]byte{}, Sums: sums, Signature: signature}
	var public minisign.PublicKey
	if err := public.UnmarshalText([]byte(strings.TrimSpace(key))); err != nil {
		return s, ErrKey
	}
	r := minisign.NewReader(bytes.NewReader(sums))
	if _, err := io.Copy(io.Discard, r); err != nil {
		return s, err
	}
	if len(sums) > MaxSums || len(signature) > MaxSignature || !r.Verify(public, signature) {
		return s, ErrSignature
	}
	said := trusted.FindAllSubmatch(signature, -1)
	if len(said) != 1 {
		return s, fmt.Errorf("%w: its trusted comment does not say which", ErrStatement)
	}
	s.Version, s.Commit = string(said[0][1]), string(said[0][2])
	if _, ok := parse(s.Version); !ok {
		return s, fmt.Errorf("%w: version %q", ErrStatement, s.Version)
	}
	seconds, err := strconv.ParseInt(string(said[0][3]), 10, 64)
	if err != nil {
		return s, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	s.Made = time.Unix(seconds, 0).UTC()
	for line := range strings.Lines(string(sums)) {
		sum, name, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "  ")
		b, err := hex.DecodeString(sum)
		if !ok || err != nil || len(b) != sha256.Size || strings.ContainsAny(name, `/\`) {
			return s, fmt.Errorf("%w: line %q", ErrStatement, line)
		}
		s.Files[name] = [sha256.Size]byte(b)
	}
	return s, nil
}

// File returns the name of the file that a person on a system would install by
// hand, and its sum; an empty name if the release has none for it. System and
// processor are named as Go names them.
func (s Statement) File(system, processor string) (name string, sum [sha256.Size]byte) {
	stem := "kith-" + s.Version + "-"
	for _, name := range []string{
		stem + system + "-" + processor + "-setup.exe", // Windows
		stem + system + "-" + processor + ".tar.gz",    // Linux, with an installer for one person
		stem + system + "-" + processor + ".exe",
		stem + system + "-" + processor,
	} {
		if sum, ok := s.Files[name]; ok {
			return name, sum
		}
	}
	return "", sum
}
