package peer

import (
	"crypto/ed25519"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"kith/index"
	"kith/peer/wire"
)

// Two of the conversations there are, as they are named in TLS; the third is the
// probe. Which one it is decides who gets to read the connection: what comes from a device that is not
// paired never reaches the code that syncs.
const (
	protocolSync = "kith-sync/1"
	protocolPair = "kith-pair/1"
)

const (
	handshakeTime  = 10 * time.Second
	maxCertificate = 2 << 10  // bytes
	maxUnproven    = 64 << 10 // bytes read from a device before it has proven who it is
)

// Why a connection is refused in the handshake.
var (
	errNotAllowed = errors.New("not a paired device")
	errWrongKey   = errors.New("another device answered at this address")
)

// baseTLS is what all connections have in common. Certificates are judged by
// VerifyConnection alone, which also runs where VerifyPeerCertificate would not;
// nothing is ever resumed.
func baseTLS(self *Identity, protocol string, judge func(index.DeviceID) error) *tls.Config {
	return &tls.Config{
		MinVersion:                  tls.VersionTLS13,
		MaxVersion:                  tls.VersionTLS13,
		Certificates:                []tls.Certificate{self.cert},
		ClientAuth:                  tls.RequireAnyClientCert,
		InsecureSkipVerify:          true,
		SessionTicketsDisabled:      true,
		DynamicRecordSizingDisabled: true,
		NextProtos:                  []string{protocol},
		VerifyConnection: func(state tls.ConnectionState) error {
			id, err := deviceBehind(state, protocol)
			if err != nil {
				return err
			}
			return judge(id)
		},
	}
}

// dialTLS expects one device, or any if expect is zero.
func dialTLS(self *Identity, protocol string, expect index.DeviceID) *tls.Config {
	return baseTLS(self, protocol, func(id index.DeviceID) error {
		if !expect.IsZero() && subtle.ConstantTimeCompare(id[:], expect[:]) != 1 {
			return errWrongKey
		}
		return nil
	})
}

// acceptTLS chooses by the protocol asked for: to sync, the device must be
// allowed; to pair or to probe, anyone may knock.
func acceptTLS(self *Identity, allowed func(index.DeviceID) bool) *tls.Config {
	forSync := baseTLS(self, protocolSync, func(id index.DeviceID) error {
		if !allowed(id) {
			return errNotAllowed
		}
		return nil
	})
	forPair := baseTLS(self, protocolPair, func(index.DeviceID) error { return nil })
	forProbe := baseTLS(self, protocolProbe, func(index.DeviceID) error { return nil })
	entry := baseTLS(self, protocolSync, func(index.DeviceID) error { return errNotAllowed })
	entry.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		switch {
		case slices.Equal(hello.SupportedProtos, []string{protocolSync}):
			return forSync, nil
		case slices.Equal(hello.SupportedProtos, []string{protocolPair}):
			return forPair, nil
		case slices.Equal(hello.SupportedProtos, []string{protocolProbe}):
			return forProbe, nil
		}
		return nil, fmt.Errorf("no protocol in common: %q", hello.SupportedProtos)
	}
	return entry
}

// deviceBehind checks what a handshake came to, and tells whose key it was.
func deviceBehind(state tls.ConnectionState, protocol string) (index.DeviceID, error) {
	switch {
	case state.DidResume:
		return index.DeviceID{}, errors.New("session was resumed")
	case state.NegotiatedProtocol != protocol:
		return index.DeviceID{}, fmt.Errorf("protocol %q instead of %q", state.NegotiatedProtocol, protocol)
	case len(state.PeerCertificates) != 1:
		return index.DeviceID{}, fmt.Errorf("%d certificates", len(state.PeerCertificates))
	}
	key, err := keyOf(state.PeerCertificates[0])
	if err != nil {
		return index.DeviceID{}, err
	}
	return wire.DeviceOf(key), nil
}

func keyOf(cert *x509.Certificate) (ed25519.PublicKey, error) {
	if len(cert.Raw) > maxCertificate {
		return nil, fmt.Errorf("certificate of %d bytes", len(cert.Raw))
	}
	key, ok := cert.PublicKey.(ed25519.PublicKey)
	if !ok || cert.SignatureAlgorithm != x509.PureEd25519 {
		return nil, errors.New("certificate is not Ed25519")
	}
	if err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature); err != nil {
		return nil, fmt.Errorf("certificate is not signed by its own key: %w", err)
	}
	return key, nil
}
