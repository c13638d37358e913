package certificate

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"time"
)

// Keys of the Secret. bundleKey and the two of the serving certificate have the
// names that other tools know.
const (
	servingCert   = "tls.crt"
	servingKey    = "tls.key"
	bundleKey     = "ca.crt"
	authorityCert = "authority.crt"
	authorityKey  = "authority.key"
	nextCert      = "next.crt"
	nextKey       = "next.key"
	previousCert  = "previous.crt"
)

// terms are how long certificates live.
type terms struct {
	serving, authority time.Duration
	// settle is how long a new authority is published before it signs.
	settle time.Duration
	names  []string
}

// state is what the Secret holds. Parts that are missing or make no sense are nil.
type state struct {
	serving   *signer
	authority *signer           // signs
	next      *signer           // published, and signs later
	previous  *x509.Certificate // signed once; what it signed may still be served
}

func readState(data map[string][]byte) state {
	var s state
	read := func(cert, key string) *signer {
		got, err := parseSigner(data[cert], data[key])
		if err != nil {
			return nil
		}
		return got
	}
	s.serving, s.authority, s.next = read(servingCert, servingKey), read(authorityCert, authorityKey), read(nextCert, nextKey)
	if previous, err := parseCertificate(data[previousCert]); err == nil {
		s.previous = previous
	}
	return s
}

// data is the state as the Secret holds it.
func (s state) data() (map[string][]byte, error) {
	out := map[string][]byte{bundleKey: s.bundle()}
	for _, part := range []struct {
		signer    *signer
		cert, key string
	}{{s.serving, servingCert, servingKey}, {s.authority, authorityCert, authorityKey}, {s.next, nextCert, nextKey}} {
		if part.signer == nil {
			continue
		}
		var err error
		if out[part.cert], out[part.key], err = part.signer.encode(); err != nil {
			return nil, err
		}
	}
	if s.previous != nil {
		out[previousCert] = encodeCertificate(s.previous)
	}
	return out, nil
}

// trusted are the authorities that clients should trust.
func (s state) trusted() []*x509.Certificate {
	var all []*x509.Certificate
	for _, a := range []*signer{s.authority, s.next} {
		if a != nil {
			all = append(all, a.certificate)
		}
	}
	if s.previous != nil {
		all = append(all, s.previous)
	}
	return all
}

// bundle is trusted in PEM.
func (s state) bundle() []byte {
	var out bytes.Buffer
	for _, c := range s.trusted() {
		out.Write(encodeCertificate(c))
	}
	return out.Bytes()
}

func (s state) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	for _, c := range s.trusted() {
		pool.AddCert(c)
	}
	return pool
}

func (s state) certificate() *tls.Certificate {
	return &tls.Certificate{Certificate: [][]byte{s.serving.certificate.Raw}, PrivateKey: s.serving.key, Leaf: s.serving.certificate}
}

// renewed returns the state as it should be now. Published tells whether
// everybody who should trust the present authorities has been told. It makes
// what is missing, renews what has less than a third of its life left, and
// brings in a new authority in two steps, so that no step depends on who has
// seen the one before it but through published and the settling time.
func (s state) renewed(now time.Time, t terms, published bool) (state, error) {
	var err error
	if s.previous != nil && now.After(s.previous.NotAfter) {
		s.previous = nil
	}
	if s.authority == nil || now.After(s.authority.certificate.NotAfter) {
		if s.authority, err = newAuthority(now, t.authority); err != nil {
			return s, err
		}
		s.next = nil
	}
	switch {
	case s.next == nil && due(s.authority.certificate, now):
		if s.next, err = newAuthority(now, t.authority); err != nil {
			return s, err
		}
	case s.next != nil && published && now.Sub(made(s.next.certificate)) >= t.settle:
		s.previous, s.authority, s.next = s.authority.certificate, s.next, nil
	}
	if s.serves(now, t.names) {
		return s, nil
	}
	s.serving, err = s.authority.issue(now, t.serving, t.names)
	return s, err
}

// serves tells whether the serving certificate is good and need not be renewed.
// A certificate that ends with its authority is renewed by the next authority.
func (s state) serves(now time.Time, names []string) bool {
	if s.serving == nil || s.serving.certificate.CheckSignatureFrom(s.authority.certificate) != nil {
		return false
	}
	c := s.serving.certificate
	if !slices.Equal(c.DNSNames, names) || now.After(c.NotAfter) {
		return false
	}
	return !due(c, now) || c.NotAfter.Equal(s.authority.certificate.NotAfter)
}
