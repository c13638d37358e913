package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
)

// errNone is the answer while there is no certificate.
var errNone = errors.New("the webhook has no certificate yet")

// reread is how often files are read again if no event of the file system told of a change.
const reread = 10 * time.Second

// Mounted serves a certificate from files and reads them again when they change.
type Mounted struct {
	watcher *certwatcher.CertWatcher
	roots   string
}

// NewMounted reads tls.crt and tls.key in a folder. If there is also a ca.crt,
// as in cert-manager's Secrets, Roots returns it.
func NewMounted(dir string) (*Mounted, error) {
	watcher, err := certwatcher.New(filepath.Join(dir, servingCert), filepath.Join(dir, servingKey))
	if err != nil {
		return nil, fmt.Errorf("reading the certificate in %s: %w", dir, err)
	}
	return &Mounted{watcher: watcher.WithWatchInterval(reread), roots: filepath.Join(dir, bundleKey)}, nil
}

// Run follows the files until ctx is done.
func (m *Mounted) Run(ctx context.Context) {
	if err := m.watcher.Start(ctx); err != nil && ctx.Err() == nil {
		klog.ErrorS(err, "following the certificate's files: changes are not seen until a restart")
	}
}

// GetCertificate is for tls.Config.
func (m *Mounted) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return m.watcher.GetCertificate(hello)
}

// Roots returns the authorities by which clients are to verify what is served;
// nil if that is not known here.
func (m *Mounted) Roots() *x509.CertPool {
	data, err := os.ReadFile(m.roots)
	if err != nil {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil
	}
	return pool
}
