package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"testing"
)

func TestCertificates(t *testing.T) {
	ca, err := NewCA("local")
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewCA("local")
	if err != nil {
		t.Fatal(err)
	}
	server, err := ca.Server("tollgate-apiserver.tollgate-system.svc", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	client, err := ca.Client("alice", "acme", "engineers")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		ca    *CA
		pair  Pair
		host  string
		usage x509.ExtKeyUsage
		fails bool
	}{
		{name: "server by name", ca: ca, pair: server, host: "tollgate-apiserver.tollgate-system.svc", usage: x509.ExtKeyUsageServerAuth},
		{name: "server by address", ca: ca, pair: server, host: "127.0.0.1", usage: x509.ExtKeyUsageServerAuth},
		{name: "server by another name", ca: ca, pair: server, host: "localhost", usage: x509.ExtKeyUsageServerAuth, fails: true},
		{name: "server as a client", ca: ca, pair: server, usage: x509.ExtKeyUsageClientAuth, fails: true},
		{name: "client", ca: ca, pair: client, usage: x509.ExtKeyUsageClientAuth},
		{name: "client as a server", ca: ca, pair: client, usage: x509.ExtKeyUsageServerAuth, fails: true},
		{name: "another authority of the same name", ca: other, pair: client, usage: x509.ExtKeyUsageClientAuth, fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pair, err := tls.X509KeyPair(tt.pair.Certificate, tt.pair.Key)
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM(tt.ca.PEM())
			_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: tt.host, KeyUsages: []x509.ExtKeyUsage{tt.usage}})
			if (err != nil) != tt.fails {
				t.Errorf("verify: %v", err)
			}
		})
	}
	pair, err := tls.X509KeyPair(client.Certificate, client.Key)
	if err != nil {
		t.Fatal(err)
	}
	if s := pair.Leaf.Subject; s.CommonName != "alice" || !slices.Equal(s.Organization, []string{"acme", "engineers"}) {
		t.Errorf("subject %v", s)
	}
}
