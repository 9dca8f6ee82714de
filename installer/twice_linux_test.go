package installer

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"
)

// The same commit, in another directory and compiled anew, gives the same bytes:
// every product there is, signed by the same keys, and the signature of the sums.
func TestMadeTwiceIsTheSame(t *testing.T) {
	if !all() {
		t.Skip("everything made twice takes minutes: make test-packages")
	}
	canMake(t)
	need(t, "makensis", "wixl", "osslsigncode")
	certificate := withKeys(t)
	make := func(place string) (out, sums string) {
		out, err := build(place, "", "*")
		must(t, err)
		for _, name := range []string{"SHA256SUMS", "SHA256SUMS.minisig"} {
			text, err := os.ReadFile(filepath.Join(out, name))
			must(t, err)
			sums += string(text)
		}
		return out, sums
	}
	out, first := make("here")
	t.Setenv("GOCACHE", t.TempDir())
	_, second := make("over/there")
	if first != second {
		t.Errorf("first\n%s\nand then\n%s", first, second)
	}
	if n := strings.Count(first, "  kith"); n != 21 {
		t.Errorf("%d products, not 21:\n%s", n, first)
	}
	for _, pattern := range []string{"*-windows-amd64.exe", "*-windows-arm64.exe", "*-setup.exe", "*.msi"} {
		run(t, command("osslsigncode", "verify", "-CAfile", certificate, one(t, out, pattern)))
	}
}

// withKeys has everything signed that is made in a test, by keys of its own, and
// returns the file of the certificate for Windows.
func withKeys(t *testing.T) (certificate string) {
	t.Helper()
	dir := t.TempDir()
	write := func(variable, name string, text []byte) string {
		file := filepath.Join(dir, name)
		must(t, os.WriteFile(file, text, 0o600))
		t.Setenv(variable, file)
		return file
	}
	public, private, err := minisign.GenerateKey(nil)
	must(t, err)
	secret, err := minisign.EncryptKey("secret", private)
	must(t, err)
	write("KITH_SIGN_KEY", "minisign.key", secret)
	t.Setenv("KITH_SIGN_PASSWORD", "secret")
	t.Setenv("KITH_SIGN_PUBLIC", public.String())

	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	self := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Kith, for tests"},
		NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	der, err := x509.CreateCertificate(rand.Reader, self, self, &key.PublicKey, key)
	must(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	write("KITH_WINDOWS_KEY", "windows.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	return write("KITH_WINDOWS_CERT", "windows.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
