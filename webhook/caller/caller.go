package caller

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"k8s.io/klog/v2"
)

// Callers are those who may ask. It is safe for concurrent use.
type Callers struct {
	file string
	// names are common names; any when empty.
	names []string

	mu   sync.Mutex
	last *x509.CertPool
}

// Open reads the authorities in a PEM file. Names are the common names of the
// certificates that may ask; whoever the authorities signed a client certificate
// for if there are none.
func Open(file string, names []string) (*Callers, error) {
	pool, err := read(file)
	if err != nil {
		return nil, err
	}
	return &Callers{file: file, names: names, last: pool}, nil
}

func read(file string) (*x509.CertPool, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the authorities of callers: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s has no certificate: give the PEM certificates of the authorities that sign for kube-apiserver", file)
	}
	return pool, nil
}

// authorities are those in the file as it is now. A file that cannot be read at
// this moment changes nothing.
func (c *Callers) authorities() *x509.CertPool {
	pool, err := read(c.file)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		klog.ErrorS(err, "the authorities of callers cannot be read: those before stay in force")
		return c.last
	}
	c.last = pool
	return pool
}

// Configure has a server ask its clients for a certificate, and end the
// connections of those who show one that is no good.
func (c *Callers) Configure(t *tls.Config) {
	t.ClientAuth = tls.RequestClientCert
	t.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return nil
		}
		return c.verify(state.PeerCertificates)
	}
}

func (c *Callers) verify(shown []*x509.Certificate) error {
	intermediates := x509.NewCertPool()
	for _, i := range shown[1:] {
		intermediates.AddCert(i)
	}
	_, err := shown[0].Verify(x509.VerifyOptions{
		Roots: c.authorities(), Intermediates: intermediates, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return fmt.Errorf("the client's certificate: %w", err)
	}
	return nil
}

var errNone = errors.New("this webhook answers clients with a certificate only: " +
	"give kube-apiserver one in the kubeConfigFile of its admission configuration, see --client-ca-file")

// Guard answers 403 to clients that may not ask. The connections come from a
// server that Configure was called for.
func (c *Callers) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := c.may(r.TLS); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (c *Callers) may(state *tls.ConnectionState) error {
	if state == nil || len(state.PeerCertificates) == 0 {
		return errNone
	}
	name := state.PeerCertificates[0].Subject.CommonName
	if len(c.names) > 0 && !slices.Contains(c.names, name) {
		return fmt.Errorf("the certificate of %q is none of those that may ask this webhook (--client-names: %s)", name, strings.Join(c.names, ", "))
	}
	return nil
}
