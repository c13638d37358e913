package caller_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/webhook/caller"
)

func authority(t *testing.T) *cluster.CA {
	t.Helper()
	ca, err := cluster.NewCA("callers")
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// client is a certificate of an authority for a name.
func client(t *testing.T, ca *cluster.CA, name string) *tls.Certificate {
	t.Helper()
	pair, err := ca.Client(name)
	if err != nil {
		t.Fatal(err)
	}
	return load(t, pair)
}

func load(t *testing.T, pair cluster.Pair) *tls.Certificate {
	t.Helper()
	c, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	return &c
}

// ask sends a request with a certificate or none, on a connection of its own, and
// returns the status; 0 if the connection ended.
func ask(t *testing.T, server *httptest.Server, certificate *tls.Certificate) (int, string) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	if certificate != nil {
		// As a client that shows what it has, whoever is asked for.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate, nil }
	}
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(server.URL)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	ours, others, next := authority(t), authority(t), authority(t)
	serving, err := ours.Server("kube-apiserver")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name        string
		names       []string
		certificate *tls.Certificate
		want        int
		says        string
	}{
		{name: "anybody of the authority", certificate: client(t, ours, "whoever"), want: 200},
		{name: "who is listed", names: []string{"other", "kube-apiserver"}, certificate: client(t, ours, "kube-apiserver"), want: 200},
		{name: "who is not listed", names: []string{"kube-apiserver"}, certificate: client(t, ours, "kubelet"), want: 403, says: `"kubelet"`},
		{name: "nobody", want: 403, says: "--client-ca-file"},
		{name: "of another authority", certificate: client(t, others, "kube-apiserver")},
		{name: "a serving certificate", certificate: load(t, serving)},
	}
	file := filepath.Join(t.TempDir(), "ca.crt")
	write := func(data []byte) {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(ours.PEM())
	start := func(names []string) *httptest.Server {
		c, err := caller.Open(file, names)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(c.Guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {})))
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail on purpose
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		c.Configure(server.TLS)
		server.StartTLS()
		t.Cleanup(server.Close)
		return server
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, said := ask(t, start(tt.names), tt.certificate); got != tt.want || !strings.Contains(said, tt.says) {
				t.Errorf("%d %s, want %d with %q", got, said, tt.want, tt.says)
			}
		})
	}

	// Authorities follow their file, and a file that is no good changes nothing.
	server := start(nil)
	for _, step := range []struct {
		name string
		file []byte
		by   *cluster.CA
		want int
	}{
		{"before", ours.PEM(), next, 0},
		{"both", append(ours.PEM(), next.PEM()...), next, 200},
		{"half a file", []byte("-----BEGIN"), next, 200},
		{"the new one only", next.PEM(), ours, 0},
	} {
		write(step.file)
		if got, said := ask(t, server, client(t, step.by, "x")); got != step.want {
			t.Errorf("%s: %d %s, want %d", step.name, got, said, step.want)
		}
	}
}

func TestAuthoritiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{empty, filepath.Join(t.TempDir(), "missing")} {
		if _, err := caller.Open(file, nil); err == nil {
			t.Errorf("%s is taken", file)
		}
	}
}
