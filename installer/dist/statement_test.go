package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"aead.dev/minisign"

	statement "kith/control/release"
)

// What a release is sealed with is what the program reads when it looks for a newer
// version.
func TestTheProgramReadsTheSeal(t *testing.T) {
	public, private, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := minisign.EncryptKey("secret", private)
	if err != nil {
		t.Fatal(err)
	}
	dir, keyFile := t.TempDir(), filepath.Join(t.TempDir(), "key")
	product := "kith-1.2.3~rc1+4.gabcdef0-windows-amd64-setup.exe"
	for name, text := range map[string]string{keyFile: string(key), filepath.Join(dir, product): "setup"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("KITH_SIGN_KEY", keyFile)
	t.Setenv("KITH_SIGN_PASSWORD", "secret")
	w := &workshop{release: release{version: "1.2.3~rc1+4.gabcdef0", commit: "0123456789abcdef0123456789abcdef01234567", when: time.Unix(1_700_000_000, 0)}}
	if err := w.seal(dir); err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS.minisig"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := statement.Read(sums, signature, public.String())
	if err != nil || s.Version != w.version || s.Commit != w.commit || !s.Made.Equal(w.when) {
		t.Fatalf("read %+v, %v", s, err)
	}
	if name, _ := s.File("windows", "amd64"); name != product {
		t.Errorf("for Windows it finds %q", name)
	}
}
