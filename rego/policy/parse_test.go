package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
)

const annotated = `# METADATA
# title: Tenants write no WasmPlugin
# description: A plugin runs in everybody's traffic.
# custom:
#   id: wasmplugin-tenants
#   severity: Critical
#   remedy: Ask a platform admin.
#   match: {kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}], operations: [CREATE, DELETE]}
#   enforcement: {webhook: Warn}
#   parameters: {allow: [{plugin: a}]}
#   timeout: 250ms
package tollgate.baseline.wasmplugin_tenants

import data.tollgate.lib.object

violation contains {"msg": "no"} if object.name == "x"
`

func TestParse(t *testing.T) {
	lib := policy.Module{Name: "lib/object.rego", Source: "package tollgate.lib.object\nname := input.review.object.metadata.name"}
	unused := policy.Module{Name: "lib/other.rego", Source: "package tollgate.lib.other\nbroken := nonsense(1)"}
	got, err := policy.Parse("wasmplugin/tenants.rego", annotated, lib, unused)
	if err != nil {
		t.Fatal(err)
	}
	want := &policy.Policy{
		ID: "wasmplugin-tenants", Title: "Tenants write no WasmPlugin", Severity: v1alpha1.SeverityCritical,
		Remedy: "Ask a platform admin.", Description: "A plugin runs in everybody's traffic.", Kind: policy.Validation,
		Modules: []policy.Module{{Name: "wasmplugin/tenants.rego", Source: annotated}}, RegoVersion: v1alpha1.RegoV1,
		Libs: []policy.Module{lib, unused},
		Match: v1alpha1.PolicyMatch{
			Kinds:      []v1alpha1.MatchKinds{{APIGroups: []string{"extensions.higress.io"}, Kinds: []string{"WasmPlugin"}}},
			Operations: []string{"CREATE", "DELETE"},
		},
		Parameters:  map[string]any{"allow": []any{map[string]any{"plugin": "a"}}},
		Enforcement: v1alpha1.PolicyEnforcement{Webhook: v1alpha1.PolicyWarn, Review: v1alpha1.PolicyDeny},
		OnError:     v1alpha1.OnErrorDeny, Timeout: 250 * time.Millisecond, Baseline: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := policy.Check(got); err != nil {
		t.Error(err)
	}
}

func TestParseRefuses(t *testing.T) {
	change := func(old, new string) string {
		if !strings.Contains(annotated, old) {
			t.Fatalf("no %q to change", old)
		}
		return strings.Replace(annotated, old, new, 1)
	}
	tests := []struct{ name, source, want string }{
		{"no metadata", "package tollgate.baseline.x\nviolation contains {} if { true }", "no METADATA comment"},
		{"no id", change("#   id: wasmplugin-tenants\n", ""), "custom.id"},
		{"bad id", change("id: wasmplugin-tenants", "id: Wasm_Plugin"), "no DNS label"},
		{"no remedy", change("#   remedy: Ask a platform admin.\n", ""), "custom.remedy"},
		{"unknown member", change("#   timeout: 250ms", "#   timeOut: 250ms\n#   colour: red"), "unknown field"},
		{"bad timeout", change("250ms", "-3s"), "no positive duration"},
		{"bad action", change("webhook: Warn", "webhook: Refuse"), "none of Deny, Warn, DryRun"},
		{"bad severity", change("Critical", "Huge"), "custom.severity"},
		{"bad kind", change("#   severity", "#   kind: Other\n#   severity"), "neither Validation nor Mutation"},
		{"bad YAML", change("custom:", "custom: ["), "rego_parse_error"},
		{"syntax", annotated + "\nx :=", "f.rego:18"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := policy.Parse("f.rego", tt.source); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestBaselineIsStrict(t *testing.T) {
	p, err := policy.Parse("f.rego", annotated+"\nunused if { x := 1 }\n", policy.Module{Name: "l", Source: "package tollgate.lib.object\nname := 1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := policy.Check(p); err == nil || !strings.Contains(err.Error(), "assigned var x unused") {
		t.Errorf("error %v", err)
	}
	p, err = policy.Parse("f.rego", strings.Replace(annotated, "object.name ==", "data.tollgate.baseline.other.violation[_] ==", 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := policy.Check(p); err == nil {
		t.Error("a policy of the baseline reads another")
	}
}

func TestFromObject(t *testing.T) {
	obj := &v1alpha1.AdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "hosts"},
		Spec: v1alpha1.AdmissionPolicySpec{
			Title: "Hosts", Remedy: "Ask.", Rego: good, Libs: []string{"package lib.a\nx := 1"},
			Parameters:          &runtime.RawExtension{Raw: []byte(`{"max": 9007199254740993}`)},
			Inventory:           []v1alpha1.InventoryKind{{Version: "v1", Kind: "Node"}},
			TimeoutMilliseconds: 20, OnError: v1alpha1.OnErrorAllow,
			Enforcement: v1alpha1.PolicyEnforcement{Review: v1alpha1.PolicyWarn},
		},
	}
	got, err := policy.FromObject(obj)
	if err != nil {
		t.Fatal(err)
	}
	want := &policy.Policy{
		ID: "hosts", Title: "Hosts", Severity: v1alpha1.SeverityMedium, Remedy: "Ask.", Kind: policy.Validation,
		Modules: []policy.Module{{Name: "hosts.rego", Source: good}}, RegoVersion: v1alpha1.RegoV1,
		Libs:        []policy.Module{{Name: "hosts.libs[0].rego", Source: "package lib.a\nx := 1"}},
		Inventory:   []v1alpha1.InventoryKind{{Version: "v1", Kind: "Node"}},
		Referential: true,
		Enforcement: v1alpha1.PolicyEnforcement{Webhook: v1alpha1.PolicyDeny, Review: v1alpha1.PolicyWarn},
		OnError:     v1alpha1.OnErrorAllow, Timeout: 20 * time.Millisecond,
	}
	opts := cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Parameters" }, cmp.Ignore())
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Error(diff)
	}
	if n, ok := got.Parameters["max"].(interface{ String() string }); !ok || n.String() != "9007199254740993" {
		t.Errorf("the digits of a parameter changed: %v", got.Parameters["max"])
	}
	obj.Spec.Parameters.Raw = []byte(`[1]`)
	if _, err := policy.FromObject(obj); err == nil || !strings.Contains(err.Error(), "spec.parameters of AdmissionPolicy hosts") {
		t.Errorf("parameters that are no object: %v", err)
	}
}
