package noise

import (
	"fmt"
	"time"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waCert"
	"google.golang.org/protobuf/proto"
)

const (
	rootSerial         = 0
	intermediateSerial = 1
	leafSerial         = 2
)

// Chain is the serialized certificate chain that proves the server's static key to
// clients that trust the root: root signs intermediate, intermediate signs leaf.
func Chain(root, intermediate Pair, static [32]byte, now time.Time) ([]byte, error) {
	return Forge{}.Chain(root, intermediate, static, now)
}

// Forge makes chains with one thing wrong, that clients should refuse. The zero value makes
// true ones.
type Forge struct {
	Signer *Pair  // signs the leaf in the intermediate's place
	Issuer uint32 // the serial the intermediate gives for the root
	Cut    int    // how many bytes the signatures lack
}

// Chain is the chain for a static key.
func (f Forge) Chain(root, intermediate Pair, static [32]byte, now time.Time) ([]byte, error) {
	signer := intermediate
	if f.Signer != nil {
		signer = *f.Signer
	}
	upper, err := f.certify(root, intermediate.Public, intermediateSerial, rootSerial+f.Issuer, now)
	if err != nil {
		return nil, err
	}
	lower, err := f.certify(signer, static, leafSerial, intermediateSerial, now)
	if err != nil {
		return nil, err
	}
	chain, err := proto.Marshal(&waCert.CertChain{Intermediate: upper, Leaf: lower})
	if err != nil {
		return nil, fmt.Errorf("marshal the certificate chain: %w", err)
	}
	return chain, nil
}

func (f Forge) certify(issuer Pair, key [32]byte, serial, issuerSerial uint32, now time.Time) (*waCert.CertChain_NoiseCertificate, error) {
	details, err := proto.Marshal(&waCert.CertChain_NoiseCertificate_Details{
		Serial:       new(serial),
		IssuerSerial: new(issuerSerial),
		Key:          key[:],
		NotBefore:    new(uint64(now.Add(-24 * time.Hour).Unix())),           //nolint:gosec // a time after 1970
		NotAfter:     new(uint64(now.Add(10 * 365 * 24 * time.Hour).Unix())), //nolint:gosec // a time after 1970
	})
	if err != nil {
		return nil, fmt.Errorf("marshal certificate details: %w", err)
	}
	signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(issuer.Private), details)
	return &waCert.CertChain_NoiseCertificate{Details: details, Signature: signature[:len(signature)-f.Cut]}, nil
}
