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
	const id = "pricetable-units"
	s := settings.Default()
	s.Policies[id] = settings.Policy{Webhook: v1alpha1.PolicyDryRun, Parameters: map[string]any{"largest": "7"}}
	got, err := Configured(s)
	if err != nil || len(got) != len(plain) {
		t.Fatalf("%d of %d policies, %v", len(got), len(plain), err)
	}
	for i, p := range got {
		want := plain[i].Enforcement
		if p.ID == id {
			want.Webhook = v1alpha1.PolicyDryRun
		}
		if p.Enforcement != want {
			t.Errorf("%s: %+v, want %+v", p.ID, p.Enforcement, want)
		}
		if p.ID == id && (p.Parameters["largest"] != "7" || p.Parameters["smallest"] != plain[i].Parameters["smallest"]) {
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
	err := configure(p, settings.Policy{Review: v1alpha1.PolicyDryRun, Parameters: map[string]any{"b": 3}})
	if err != nil || p.Parameters["a"] != 1 || p.Parameters["b"] != 3 || before["b"] != 2 || p.Enforcement.Review != v1alpha1.PolicyDryRun {
		t.Errorf("%+v, %v; before: %v", p, err, before)
	}
}

func TestConfigureRefusesWhatNoPolicyReads(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		give map[string]any
		says string
	}{
		{name: "the same types", give: map[string]any{"text": "x", "list": []any{"b", "c"}, "empty": []any{1.0}, "number": 2.0, "mapping": map[string]any{"x": true}, "flag": false}},
		{name: "no elements", give: map[string]any{"list": []any{}}},
		{name: "a name that is misspelt", give: map[string]any{"txet": "x"}, says: `no parameter "txet"; its parameters are [empty flag list mapping number text]`},
		{name: "another type", give: map[string]any{"list": "b"}, says: "parameters.list: it is a list, not a text"},
		{name: "a number for a text", give: map[string]any{"text": 5.0}, says: "parameters.text: it is a text, not a number"},
		{name: "nothing", give: map[string]any{"flag": nil}, says: "it is true or false, not null"},
		{name: "an element of another type", give: map[string]any{"list": []any{"b", 1.0}}, says: "element 1: it is a text, not a number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &policy.Policy{Parameters: map[string]any{
				"text": "a", "list": []any{"a"}, "empty": []any{}, "number": 1.0, "mapping": map[string]any{}, "flag": true,
			}}
			err := configure(p, settings.Policy{Parameters: tt.give})
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v; want %q", err, tt.says)
			}
		})
	}
}
