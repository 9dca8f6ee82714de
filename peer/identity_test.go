package peer

import (
	"crypto/sha256"
	"crypto/x509"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"kith/index"
	"kith/peer/wire"
)

func TestIdentityIsMadeOnceAndStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	first, err := LoadIdentity(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := LoadIdentity(path)
	if err != nil {
		t.Fatal(err)
	}
	if first.ID() != second.ID() || first.ID().IsZero() {
		t.Errorf("IDs %s and %s", first.ID(), second.ID())
	}
	der, err := x509.MarshalPKIXPublicKey(first.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	if first.ID() != index.DeviceID(sha256.Sum256(der)) {
		t.Error("the ID is not the hash of the key")
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(names) != 1 {
		t.Errorf("left behind: %q", names)
	}
}

func TestKeyThatOthersCanReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	if _, err := LoadIdentity(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	_, err := LoadIdentity(path)
	if runtime.GOOS != "windows" && (err == nil || !strings.Contains(err.Error(), "chmod 600")) {
		t.Errorf("got %v", err)
	}
}

func TestBrokenKeyIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	for _, b := range []string{"", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if err := os.WriteFile(path, []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadIdentity(path); err == nil {
			t.Errorf("%q passes", b)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != b {
			t.Errorf("%q became %q", b, got)
		}
	}
}

func TestSignedListVerifies(t *testing.T) {
	id, err := LoadIdentity(filepath.Join(t.TempDir(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	m := wire.Membership{Folder: folder, Owner: id.ID(), OwnerKey: id.PublicKey(), Serial: 1}
	m.Signature = id.Sign(m.Signed())
	if err := m.Verify(); err != nil {
		t.Error(err)
	}
}
