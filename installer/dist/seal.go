package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"aead.dev/minisign"
)

// seal writes the sums of all products, in the form of sha256sum, and signs them
// if there is a key. Who checks the signature and the sums has checked everything.
func (w *workshop) seal(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var sums bytes.Buffer
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), e.Name())
	}
	if err := writeFile(filepath.Join(dir, "SHA256SUMS"), sums.Bytes(), 0o644); err != nil {
		return err
	}
	if os.Getenv("KITH_WINDOWS_CERT") == "" {
		fmt.Println("  not signed for Windows: no KITH_WINDOWS_CERT")
	}
	return w.sign(filepath.Join(dir, "SHA256SUMS"), sums.Bytes())
}

// sign puts a minisign signature beside a file. Its trusted comment names the
// release, so that the sums of an old one can't be passed off as a new one's.
func (w *workshop) sign(file string, content []byte) error {
	from := os.Getenv("KITH_SIGN_KEY")
	if from == "" {
		fmt.Println("  SHA256SUMS not signed: no KITH_SIGN_KEY")
		return nil
	}
	key, err := minisign.PrivateKeyFromFile(os.Getenv("KITH_SIGN_PASSWORD"), from)
	if err != nil {
		return fmt.Errorf("read the key to sign with: %w", err)
	}
	r := minisign.NewReader(bytes.NewReader(content))
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	trusted := fmt.Sprintf("kith %s, commit %s, timestamp:%d", w.version, w.commit, w.when.Unix())
	return writeFile(file+".minisig", r.SignWithComments(key, trusted, "signature of Kith"), 0o644)
}
