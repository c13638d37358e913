package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"
)

// Source is where a server's certificate comes from.
type Source interface {
	// Run keeps the certificate fresh until ctx is done.
	Run(ctx context.Context)
	// GetCertificate is for tls.Config.
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Roots are the authorities by which clients verify it; nil if that is not known.
	Roots() *x509.CertPool
}

var (
	_ Source = (*Mounted)(nil)
	_ Source = (*Rotator)(nil)
)

// Check connects to a server as kube-apiserver does and returns what it would
// not accept: another name, a certificate out of date, or one by an authority
// other than the source's roots. If those are not known, that part is left out.
func Check(ctx context.Context, address, name string, source Source, now time.Time) error {
	var peer []*x509.Certificate
	dialer := tls.Dialer{
		NetDialer: &net.Dialer{Timeout: 5 * time.Second},
		Config: &tls.Config{
			ServerName: name,
			MinVersion: tls.VersionTLS12,
			NextProtos: []string{"h2"},
			// Verified below, by the source's roots and clock.
			InsecureSkipVerify: true,
			VerifyConnection: func(state tls.ConnectionState) error {
				peer = state.PeerCertificates
				return nil
			},
		},
	}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("the webhook does not answer at %s: %w", address, err)
	}
	if err := conn.Close(); err != nil {
		return fmt.Errorf("closing the connection of the check: %w", err)
	}
	return verify(peer, name, source.Roots(), now)
}

func verify(peer []*x509.Certificate, name string, roots *x509.CertPool, now time.Time) error {
	if len(peer) == 0 {
		return errors.New("the webhook shows no certificate")
	}
	intermediates := x509.NewCertPool()
	for _, c := range peer[1:] {
		intermediates.AddCert(c)
	}
	if roots == nil {
		roots = x509.NewCertPool()
		roots.AddCert(peer[len(peer)-1])
	}
	if _, err := peer[0].Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: intermediates, CurrentTime: now}); err != nil {
		return fmt.Errorf("kube-apiserver would not accept the webhook's certificate: %w", err)
	}
	return nil
}

// Expiry returns until when the source's certificate is good; false if there is none.
func Expiry(source Source) (time.Time, bool) {
	c, err := source.GetCertificate(nil)
	if err != nil || c == nil || len(c.Certificate) == 0 {
		return time.Time{}, false
	}
	leaf := c.Leaf
	if leaf == nil {
		if leaf, err = x509.ParseCertificate(c.Certificate[0]); err != nil {
			return time.Time{}, false
		}
	}
	return leaf.NotAfter, true
}
