package release

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"aead.dev/minisign"
)

// makers is the key of a release.
func makers(t testing.TB) (public string, private minisign.PrivateKey) {
	t.Helper()
	p, private, err := minisign.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	return p.String(), private
}

func sign(t testing.TB, key minisign.PrivateKey, sums, comment string) []byte {
	t.Helper()
	r := minisign.NewReader(strings.NewReader(sums))
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Fatal(err)
	}
	return r.SignWithComments(key, comment, "signature of Kith")
}

const said = "kith 1.2.3, commit 0123456789abcdef, timestamp:1700000000"

func sums(names ...string) string {
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256([]byte(n)), n)
	}
	return b.String()
}

func TestASignedStatementIsRead(t *testing.T) {
	public, key := makers(t)
	text := sums("kith-1.2.3-linux-amd64", "kith-1.2.3-linux-amd64.tar.gz", "kith-1.2.3-windows-amd64.exe", "kith-1.2.3-windows-amd64-setup.exe", "kith-1.2.3-freebsd-amd64")
	s, err := Read([]byte(text), sign(t, key, text, said), public)
	if err != nil || s.Version != "1.2.3" || s.Commit != "0123456789abcdef" || s.Made.Unix() != 1700000000 || len(s.Files) != 5 {
		t.Fatalf("%+v, %v", s, err)
	}
	for _, c := range [][3]string{
		{"linux", "amd64", "kith-1.2.3-linux-amd64.tar.gz"}, {"windows", "amd64", "kith-1.2.3-windows-amd64-setup.exe"},
		{"freebsd", "amd64", "kith-1.2.3-freebsd-amd64"}, {"plan9", "386", ""},
	} {
		name, sum := s.File(c[0], c[1])
		if name != c[2] || name != "" && sum != sha256.Sum256([]byte(name)) {
			t.Errorf("for %s/%s: %q", c[0], c[1], name)
		}
	}
}

func TestWhatIsNotSignedDoesNotCount(t *testing.T) {
	public, key := makers(t)
	_, other, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	text := sums("kith-1.2.3-linux-amd64")
	good := sign(t, key, text, said)
	for name, c := range map[string]struct {
		sums      string
		signature []byte
		key       string
		want      error
	}{
		"another key":           {text, sign(t, other, text, said), public, ErrSignature},
		"other sums":            {text + "\n", good, public, ErrSignature},
		"another version":       {text, bytes.Replace(good, []byte("1.2.3"), []byte("9.9.9"), 1), public, ErrSignature},
		"a second comment":      {text, append([]byte("trusted comment: "+strings.Replace(said, "1.2.3", "9.9.9", 1)+"\n"), good...), public, nil},
		"no signature":          {text, nil, public, ErrSignature},
		"no key":                {text, good, "", ErrKey},
		"signed something else": {text, sign(t, key, text, "timestamp:1"), public, ErrStatement},
		"a version of no form":  {text, sign(t, key, text, strings.Replace(said, "1.2.3", "1.2", 1)), public, ErrStatement},
		"no sums":               {"hello\n", sign(t, key, "hello\n", said), public, ErrStatement},
		"a path":                {sums("../x"), sign(t, key, sums("../x"), said), public, ErrStatement},
	} {
		s, err := Read([]byte(c.sums), c.signature, c.key)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %+v", name, err, s)
		}
	}
}

func TestVersionsAreOrdered(t *testing.T) {
	ordered := []string{"0.0.0+3.gabc", "0.9.9", "1.0.0~rc2", "1.0.0~rc10", "1.0.0", "1.0.0+1.gabcdef0", "1.0.0+12.g0123456.changed", "1.0.1", "1.10.0", "2.0.0"}
	for i, a := range ordered {
		for j, b := range ordered {
			if Newer(a, b) != (i > j) {
				t.Errorf("%s newer than %s: %v", a, b, Newer(a, b))
			}
		}
		for _, odd := range []string{"devel 0123abcd", "(devel)", "unknown", ""} {
			if Newer(a, odd) || Newer(odd, a) || Comparable(odd) {
				t.Errorf("%s and %q are compared", a, odd)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	public, key := makers(f)
	text := sums("kith-1.2.3-linux-amd64")
	f.Add(text, string(sign(f, key, text, said)))
	f.Fuzz(func(t *testing.T, text, signature string) {
		if s, err := Read([]byte(text), []byte(signature), public); err == nil && s.Version != "1.2.3" {
			t.Errorf("%+v", s)
		}
	})
}
