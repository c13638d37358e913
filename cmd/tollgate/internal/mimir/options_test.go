package mimir

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"encoding/pem"

	"github.com/google/go-cmp/cmp"
)

type outcomes struct {
	mu  sync.Mutex
	all []string
}

func (o *outcomes) Mimir(outcome string, _ time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, outcome)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options Options
		refused string
	}{
		{name: "none", options: Options{}},
		{name: "good", options: Options{URL: "http://mimir/prometheus", Timeout: time.Second}},
		{name: "scheme", options: Options{URL: "mimir:8080", Timeout: time.Second}, refused: "--mimir-url"},
		{name: "password", options: Options{URL: "http://x:s3cret@mimir", Timeout: time.Second}, refused: "--mimir-token-file"},
		{name: "timeout", options: Options{URL: "http://mimir"}, refused: "--mimir-timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.options.Validate()
			if (err != nil) != (tt.refused != "") || err != nil && (!strings.Contains(err.Error(), tt.refused) || strings.Contains(err.Error(), "s3cret")) {
				t.Errorf("got %v, want %q", err, tt.refused)
			}
		})
	}
}

func TestCredentialsComeFromFiles(t *testing.T) {
	t.Parallel()
	var token string
	status := http.StatusOK
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		token = req.Header.Get("Authorization")
		if req.URL.Path != "/prometheus/api/v1/status/buildinfo" {
			t.Errorf("asked for %s", req.URL.Path)
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	dir := t.TempDir()
	files := map[string][]byte{
		"token": []byte("s3cret\n"),
		"ca":    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
		"empty": nil,
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var seen outcomes
	o := Options{URL: server.URL + "/prometheus/", TokenFile: filepath.Join(dir, "token"), CAFile: filepath.Join(dir, "ca"), Timeout: time.Minute}
	m, err := Open(o, &seen)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Ping(t.Context()); err != nil || token != "Bearer s3cret" {
		t.Errorf("%v, token %q", err, token)
	}
	status = http.StatusBadGateway
	if err := m.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("a 502: %v", err)
	}
	server.Close()
	if err := m.Ping(t.Context()); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("nobody there: %v", err)
	}
	if diff := cmp.Diff([]string{"2xx", "5xx", "error"}, seen.all); diff != "" {
		t.Error(diff)
	}
	for name, change := range map[string]func(*Options){
		"--mimir-ca-file":    func(o *Options) { o.CAFile = filepath.Join(dir, "empty") },
		"no such file":       func(o *Options) { o.CAFile = filepath.Join(dir, "missing") },
		"--mimir-token-file": func(o *Options) { o.TokenFile = filepath.Join(dir, "missing") },
	} {
		bad := o
		change(&bad)
		if _, err := Open(bad, &seen); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want one that says %q", err, name)
		}
	}
}
