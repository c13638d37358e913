package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fixed is a Source that does not change.
type fixed struct {
	certificate *tls.Certificate
	roots       *x509.CertPool
}

func (f *fixed) Run(context.Context) {}
func (f *fixed) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if f.certificate == nil {
		return nil, errNone
	}
	return f.certificate, nil
}
func (f *fixed) Roots() *x509.CertPool { return f.roots }

// serve listens with a source's certificate.
func serve(t *testing.T, source Source) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: source.GetCertificate, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = conn.(*tls.Conn).Handshake()
				_ = conn.Close()
			}()
		}
	}()
	return l.Addr().String()
}

func TestCheck(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s, other := renew(t, state{}, now, true), renew(t, state{}, now, true)
	tests := []struct {
		name   string
		source *fixed
		server string
		at     time.Time
		says   string
	}{
		{name: "good", source: &fixed{s.certificate(), s.pool()}, server: testTerms.names[0], at: now},
		{name: "another name", source: &fixed{s.certificate(), s.pool()}, server: "other.svc", at: now, says: "other.svc"},
		{name: "out of date", source: &fixed{s.certificate(), s.pool()}, server: testTerms.names[0], at: now.Add(100 * 24 * time.Hour), says: "expired"},
		{name: "another authority", source: &fixed{s.certificate(), other.pool()}, server: testTerms.names[0], at: now, says: "unknown authority"},
		{name: "roots that are not known", source: &fixed{s.certificate(), nil}, server: testTerms.names[0], at: now},
		{name: "out of date without roots", source: &fixed{s.certificate(), nil}, server: testTerms.names[0], at: now.Add(100 * 24 * time.Hour), says: "expired"},
		{name: "no certificate", source: &fixed{}, server: testTerms.names[0], at: now, says: "does not answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := Check(t.Context(), serve(t, tt.source), tt.server, tt.source, tt.at)
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		_ = l.Close()
		if err := Check(t.Context(), address, "x", &fixed{}, now); err == nil {
			t.Error("it passes")
		}
	})
}

func TestMounted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := NewMounted(dir); err == nil {
		t.Error("an empty folder has a certificate")
	}
	s := renew(t, state{}, time.Now(), true)
	data, err := s.data()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{servingCert, servingKey} {
		if err := os.WriteFile(filepath.Join(dir, name), data[name], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, err := NewMounted(dir)
	if err != nil {
		t.Fatal(err)
	}
	if m.Roots() != nil {
		t.Error("there are roots without a ca.crt")
	}
	if err := os.WriteFile(filepath.Join(dir, bundleKey), data[bundleKey], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Check(t.Context(), serve(t, m), testTerms.names[0], m, time.Now()); err != nil {
		t.Error(err)
	}
	until, ok := Expiry(m)
	if !ok || !until.Equal(s.serving.certificate.NotAfter) {
		t.Errorf("good until %v, %v; want %v", until, ok, s.serving.certificate.NotAfter)
	}
	if _, ok := Expiry(&fixed{}); ok {
		t.Error("no certificate has an end")
	}
}
