package binaries

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program writes an executable that answers a version.
func program(t *testing.T, dir, name, answer string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho '"+answer+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	tests := []struct {
		name, program string
		trusted       string // what bin/ holds answers this; empty: it holds nothing
		others        []string
		want          string // the folder, "" when it must not be found
	}{
		{name: "bin is trusted", program: Etcd, trusted: "unknown", others: []string{"etcd Version: 3.6.1"}, want: "bin"},
		{name: "a suitable one", program: Etcd, others: []string{"etcd Version: 3.6.1"}, want: "0"},
		{name: "an older minor version", program: Etcd, others: []string{"etcd Version: 3.5.21"}},
		{name: "another major version", program: Etcd, others: []string{"etcd Version: 4.7.0"}},
		{name: "the second suits", program: Kubectl, others: []string{"Client Version: v1.32.4-dispatcher", "Client Version: v1.37.0"}, want: "1"},
		{name: "kube-apiserver", program: KubeAPIServer, others: []string{"Kubernetes v1.36.3"}, want: "0"},
		{name: "a newer major Redis", program: RedisServer, others: []string{"Redis server v=8.0.2 sha=0:0 malloc=jemalloc-5.3.0 bits=64"}, want: "0"},
		{name: "an older Redis", program: RedisServer, others: []string{"Redis server v=6.2.7 sha=0:0"}},
		{name: "a Prometheus without --agent", program: Prometheus, others: []string{"prometheus, version 2.42.0 (branch: debian/sid)"}},
		{name: "it tells no version", program: Mimir, others: []string{"Mimir, version unknown (branch: unknown)"}},
		{name: "tollgate comes from make build only", program: Tollgate, others: []string{"tollgate 1.0.0"}},
		{name: "none at all", program: Mimir},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			folder := func(name string) string {
				path := filepath.Join(dir, name)
				if err := os.Mkdir(path, 0o700); err != nil {
					t.Fatal(err)
				}
				return path
			}
			f := Finder{Trusted: []string{folder("bin")}}
			if tt.trusted != "" {
				program(t, f.Trusted[0], tt.program, tt.trusted)
			}
			for i, answer := range tt.others {
				f.Others = append(f.Others, folder(string(rune('0'+i))))
				program(t, f.Others[i], tt.program, answer)
			}
			got, err := f.Find(t.Context(), tt.program)
			if tt.want != "" {
				if want := filepath.Join(dir, tt.want, tt.program); err != nil || got != want {
					t.Errorf("found %q, %v; want %q", got, err, want)
				}
				return
			}
			var missing *MissingError
			if !errors.As(err, &missing) || !strings.Contains(err.Error(), "make build") {
				t.Fatalf("found %q, %v; want an error that names make build", got, err)
			}
			if _, known := required(tt.program); known && len(missing.Unsuitable) != len(tt.others) {
				t.Errorf("error %q does not name all of %d unsuitable programs", err, len(tt.others))
			}
		})
	}
}

func TestRoot(t *testing.T) {
	root, err := Root(".")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "hack", "binaries", "binaries.go")); err != nil {
		t.Error(err)
	}
	if got, err := Root(t.TempDir()); err == nil {
		t.Errorf("a folder outside of the tree belongs to %s", got)
	}
}
