package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// skew is how far clocks may be apart: certificates are valid that much before they are made.
const skew = 10 * time.Minute

// signer is a certificate with its key.
type signer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newAuthority makes a self-signed authority.
func newAuthority(now time.Time, life time.Duration) (*signer, error) {
	template, err := newTemplate("tollgate-webhook-ca", now, life)
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	return sign(template, nil)
}

// issue makes a serving certificate. It does not outlive the authority.
func (a *signer) issue(now time.Time, life time.Duration, names []string) (*signer, error) {
	template, err := newTemplate(names[0], now, life)
	if err != nil {
		return nil, err
	}
	template.DNSNames = names
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if template.NotAfter.After(a.certificate.NotAfter) {
		template.NotAfter = a.certificate.NotAfter
	}
	return sign(template, a)
}

func newTemplate(name string, now time.Time, life time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("drawing a serial number: %w", err)
	}
	return &x509.Certificate{
		SerialNumber: serial,
		// The number tells authorities apart that have the same name otherwise.
		Subject:   pkix.Name{CommonName: name, SerialNumber: fmt.Sprintf("%x", serial)},
		NotBefore: now.Add(-skew), NotAfter: now.Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}, nil
}

// sign makes a key and a certificate for it, signed by the parent or, without one, by itself.
func sign(template *x509.Certificate, parent *signer) (*signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	by, with := template, key
	if parent != nil {
		by, with = parent.certificate, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, key.Public(), with)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate: %w", err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("reading a certificate back: %w", err)
	}
	return &signer{certificate: made, key: key}, nil
}

// made is when a certificate of this package was made.
func made(c *x509.Certificate) time.Time { return c.NotBefore.Add(skew) }

// due tells whether less than a third of a certificate's life is left.
func due(c *x509.Certificate, now time.Time) bool {
	return now.After(c.NotAfter.Add(-c.NotAfter.Sub(made(c)) / 3))
}

func (s *signer) encode() (certificate, key []byte, err error) {
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a key: %w", err)
	}
	return encodeCertificate(s.certificate), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func encodeCertificate(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// parseCertificate reads one PEM certificate.
func parseCertificate(data []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("there is no PEM certificate")
	}
	return x509.ParseCertificate(block.Bytes)
}

// parseSigner reads a PEM certificate and its key. Errors show nothing of the key.
func parseSigner(certificate, key []byte) (*signer, error) {
	c, err := parseCertificate(certificate)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(key)
	if block == nil {
		return nil, errors.New("there is no PEM key")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the key is not in PKCS 8")
	}
	own, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !own.PublicKey.Equal(c.PublicKey) {
		return nil, errors.New("the key is not that of the certificate")
	}
	return &signer{certificate: c, key: own}, nil
}
