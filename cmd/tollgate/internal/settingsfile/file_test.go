package settingsfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tollgate.dev/tollgate/rego/settings"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.yaml"), filepath.Join(dir, "bad.yaml")
	write(t, good, "gateway: {namespace: edge}")
	write(t, bad, "gateway: {nonsense: edge}")
	for _, tt := range []struct{ name, path, namespace, says string }{
		{name: "none", path: "", namespace: "higress-system"},
		{name: "a file", path: good, namespace: "edge"},
		{name: "a field that does not exist", path: bad, says: "bad.yaml"},
		{name: "no such file", path: filepath.Join(dir, "none"), says: "none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, s, err := Open(tt.path)
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || s.Gateway.Namespace != tt.namespace {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "settings.yaml")
	write(t, path, "gateway: {namespace: first}")
	f, _, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	given, outcomes := make(chan *settings.Settings, 10), make(chan error, 10)
	go f.follow(t.Context(), time.Millisecond, func(s *settings.Settings) error {
		if s.Gateway.Namespace == "refused" {
			return errors.New("refused")
		}
		given <- s
		return nil
	}, func(err error) { outcomes <- err })
	write(t, path+".new", "gateway: {namespace: second}")
	if err := os.Rename(path+".new", path); err != nil { // at once, as a kubelet does
		t.Fatal(err)
	}
	if s := <-given; s.Gateway.Namespace != "second" {
		t.Errorf("%+v", s.Gateway)
	}
	if err := <-outcomes; err != nil {
		t.Error(err)
	}
	for _, text := range []string{"gateway: {namespace: refused}", "nonsense: true"} {
		write(t, path+".new", text)
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
		if err := <-outcomes; err == nil {
			t.Errorf("%s was used", text)
		}
	}
	if len(given) > 0 {
		t.Error("what cannot be used was handed on")
	}
}
