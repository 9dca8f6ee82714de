package peer

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// Identity is the key pair that makes this device the one it is.
type Identity struct {
	key  ed25519.PrivateKey
	cert tls.Certificate
	id   index.DeviceID
}

// LoadIdentity reads the private key from a PEM file. Where there is none, it
// draws a key and keeps it there, readable by its owner only. A key that others
// can read is refused: it may no longer be a secret.
func LoadIdentity(path string) (*Identity, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return createIdentity(path)
	}
	if err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	if err := checkPrivate(path); err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	key, err := parseKey(b)
	if err != nil {
		return nil, fmt.Errorf("load identity: %s: %w", path, err)
	}
	return newIdentity(key)
}

func parseKey(b []byte) (ed25519.PrivateKey, error) {
	block, rest := pem.Decode(b)
	if block == nil || block.Type != "PRIVATE KEY" || len(rest) > 0 {
		return nil, errors.New("not a PEM file with one private key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	k, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("not an Ed25519 key")
	}
	return k, nil
}

func createIdentity(path string) (*Identity, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("create identity: %w", err)
	}
	if err := keepKey(path, key); err != nil {
		return nil, fmt.Errorf("create identity: %w", err)
	}
	return newIdentity(key)
}

// keepKey writes the key beside its place and then gives it its name, so that
// what bears the name is always whole. A name that is taken meanwhile stays as
// it is.
func keepKey(path string, key ed25519.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	draft := path + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writePrivate(draft, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	if err := os.Rename(draft, path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

func writePrivate(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func newIdentity(key ed25519.PrivateKey) (*Identity, error) {
	public := key.Public().(ed25519.PublicKey)
	der, err := selfSigned(key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return &Identity{
		key:  key,
		cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		id:   wire.DeviceOf(public),
	}, nil
}

// selfSigned makes the certificate that carries the key in TLS. It says nothing
// else: no name, and a validity without end, since only the key counts.
func selfSigned(key ed25519.PrivateKey) ([]byte, error) {
	template := x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "kith"},
		NotBefore:    time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	return x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
}

// ID returns the device's ID.
func (i *Identity) ID() index.DeviceID { return i.id }

// PublicKey returns the key that others know the device by.
func (i *Identity) PublicKey() ed25519.PublicKey { return i.key.Public().(ed25519.PublicKey) }

// Sign signs a message, which must begin with a text that tells what it is for.
func (i *Identity) Sign(message []byte) []byte { return ed25519.Sign(i.key, message) }
