package session_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/session"
)

func TestLoadSettings(t *testing.T) {
	tests := []struct{ name, text, gateway, err string }{
		{name: "a settings file", text: "gateway: {namespace: edge}\n", gateway: "edge"},
		{name: "the webhook's ConfigMap", text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  settings.yaml: |\n    gateway: {namespace: edge}\n", gateway: "edge"},
		{name: "another ConfigMap", text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", err: "has no key settings.yaml"},
		{name: "an unknown field", text: "gatway: {}\n", err: "gatway"},
		{name: "no YAML", text: "a: [", err: "reading the settings"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "settings.yaml")
			if err := os.WriteFile(file, []byte(tt.text), 0o644); err != nil {
				t.Fatal(err)
			}
			s, err := session.LoadSettings(file)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want one with %q", err, tt.err)
				}
				return
			}
			if err != nil || s.Gateway.Namespace != tt.gateway {
				t.Errorf("%v, %+v", err, s)
			}
		})
	}
	// The file that the webhook is installed with.
	if _, err := session.LoadSettings(filepath.Join("..", "..", "..", "..", "..", "manifests", "webhook", "base", "settings.yaml")); err != nil {
		t.Error(err)
	}
	if s, err := session.LoadSettings(""); err != nil || s.Gateway.Namespace == "" {
		t.Errorf("no defaults: %v", err)
	}
	if _, err := session.LoadSettings("nowhere"); err == nil {
		t.Error("a file that is not there was read")
	}
}
