package baseline

import (
	"strings"
	"testing"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

func TestConfigured(t *testing.T) {
	t.Parallel()
	plain, err := Policies()
	if err != nil || len(plain) == 0 {
		t.Fatal(err)
	}
	id := plain[0].ID
	s := settings.Default()
	s.Policies[id] = settings.Policy{Webhook: v1alpha1.PolicyWarn, Parameters: map[string]any{"added": true}}
	got, err := Configured(s)
	if err != nil || len(got) != len(plain) {
		t.Fatalf("%d of %d policies, %v", len(got), len(plain), err)
	}
	for i, p := range got {
		want := plain[i].Enforcement
		if p.ID == id {
			want.Webhook = v1alpha1.PolicyWarn
		}
		if p.Enforcement != want {
			t.Errorf("%s: %+v, want %+v", p.ID, p.Enforcement, want)
		}
		if _, added := p.Parameters["added"]; added != (p.ID == id) {
			t.Errorf("%s: parameters %v", p.ID, p.Parameters)
		}
	}
	s.Policies["no-such-policy"] = settings.Policy{}
	if _, err := Configured(s); err == nil || !strings.Contains(err.Error(), "no-such-policy") || !strings.Contains(err.Error(), id) {
		t.Errorf("an unknown policy: %v", err)
	}
}

func TestConfigureReplacesParametersByKey(t *testing.T) {
	t.Parallel()
	p := &policy.Policy{Parameters: map[string]any{"a": 1, "b": 2}}
	before := p.Parameters
	configure(p, settings.Policy{Review: v1alpha1.PolicyDryRun, Parameters: map[string]any{"b": 3}})
	if p.Parameters["a"] != 1 || p.Parameters["b"] != 3 || before["b"] != 2 || p.Enforcement.Review != v1alpha1.PolicyDryRun {
		t.Errorf("%+v; before: %v", p, before)
	}
}
