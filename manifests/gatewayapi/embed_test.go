package gatewayapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/manifests/gatewayapi"
)

const header = `# NOTICE: data, not authored by this project. DO NOT EDIT: written by the test of this folder.
# Source: sigs.k8s.io/gateway-api %s, config/crd/standard/%s, without the descriptions of fields.
# Copyright The Kubernetes Authors.
# SPDX-License-Identifier: Apache-2.0 - http://www.apache.org/licenses/LICENSE-2.0
`

// TestFilesAreTheModules compares with the module that go.mod names;
// UPDATE_GOLDEN=1 writes the files anew.
func TestFilesAreTheModules(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-json", "sigs.k8s.io/gateway-api").Output()
	if err != nil {
		t.Fatalf("asking for the module: %v", err)
	}
	var module struct{ Dir, Version string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	names := []string{
		"backendtlspolicies", "gatewayclasses", "gateways", "grpcroutes", "httproutes", "listenersets", "referencegrants", "tcproutes", "tlsroutes", "udproutes",
	}
	for _, plural := range names {
		t.Run(plural, func(t *testing.T) {
			name := "gateway.networking.k8s.io_" + plural + ".yaml"
			source, err := os.ReadFile(filepath.Join(module.Dir, "config", "crd", "standard", name))
			if err != nil {
				t.Fatal(err)
			}
			var crd any
			if err := yaml.UnmarshalStrict(source, &crd); err != nil {
				t.Fatal(err)
			}
			undescribe(crd)
			body, err := yaml.Marshal(crd)
			if err != nil {
				t.Fatal(err)
			}
			want := append(fmt.Appendf(nil, header, module.Version, name), body...)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(name, want, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := gatewayapi.Files().ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, got) {
				t.Errorf("%s is not the module's: UPDATE_GOLDEN=1 go test ./manifests/gatewayapi (-want +got):\n%s", name, cmp.Diff(string(want), string(got)))
			}
		})
	}
	entries, err := gatewayapi.Files().ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(names) {
		t.Errorf("%d files, %d are written by this test", len(entries), len(names))
	}
}

// undescribe removes descriptions, but no property of that name.
func undescribe(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["description"].(string); ok {
			delete(v, "description")
		}
		for _, each := range v {
			undescribe(each)
		}
	case []any:
		for _, each := range v {
			undescribe(each)
		}
	}
}
