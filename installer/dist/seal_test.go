package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"

	statement "kith/control/release"
)

// sealed is a product with its sums, signed by a key of its own.
type sealed struct {
	*workshop
	dir             string
	public          minisign.PublicKey
	sums, signature []byte
}

func newSealed(t *testing.T, product string) sealed {
	t.Helper()
	public, private, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := minisign.EncryptKey("secret", private)
	if err != nil {
		t.Fatal(err)
	}
	s := sealed{dir: t.TempDir(), public: public, workshop: &workshop{release: release{
		version: "1.2.3~rc1+4.gabcdef0", commit: "0123456789abcdef0123456789abcdef01234567", when: time.Unix(1_700_000_000, 0),
	}}}
	keyFile := filepath.Join(t.TempDir(), "key")
	for name, text := range map[string]string{keyFile: string(key), filepath.Join(s.dir, product): "content"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("KITH_SIGN_KEY", keyFile)
	t.Setenv("KITH_SIGN_PASSWORD", "secret")
	if err := s.seal(s.dir); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]*[]byte{"SHA256SUMS": &s.sums, "SHA256SUMS.minisig": &s.signature} {
		if *content, err = os.ReadFile(filepath.Join(s.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestSumsAreSigned(t *testing.T) {
	s := newSealed(t, "kith.deb")
	if !strings.HasSuffix(string(s.sums), "  kith.deb\n") {
		t.Errorf("the sums are %q", s.sums)
	}
	if !strings.Contains(string(s.signature), "trusted comment: kith 1.2.3~rc1+4.gabcdef0, commit 0123456789") {
		t.Errorf("the signature is %q", s.signature)
	}
	verify := func(content []byte) bool {
		r := minisign.NewReader(bytes.NewReader(content))
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Fatal(err)
		}
		return r.Verify(s.public, s.signature)
	}
	if !verify(s.sums) || verify(append(s.sums, '\n')) {
		t.Error("the signature is not that of the sums")
	}
	t.Setenv("KITH_SIGN_PASSWORD", "wrong")
	if err := s.seal(s.dir); err == nil {
		t.Error("signed with the wrong password")
	}
}

// What a release is sealed with is what the program reads when it looks for a newer
// version.
func TestTheProgramReadsTheSeal(t *testing.T) {
	product := "kith-1.2.3~rc1+4.gabcdef0-windows-amd64-setup.exe"
	s := newSealed(t, product)
	read, err := statement.Read(s.sums, s.signature, s.public.String())
	if err != nil || read.Version != s.version || read.Commit != s.commit || !read.Made.Equal(s.when) {
		t.Fatalf("read %+v, %v", read, err)
	}
	if name, _ := read.File("windows", "amd64"); name != product {
		t.Errorf("for Windows it finds %q", name)
	}
}
