package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/subject"
)

// TestExplain asks for the rules behind violations, of either version of Rego.
func TestExplain(t *testing.T) {
	v1 := &policy.Policy{ID: "one", Modules: []policy.Module{{Name: "one.rego", Source: `package one

# the first rule
violation contains {"msg": msg, "details": {"field": "metadata.name"}} if {
	input.review.name == "limits"
	msg := sprintf("the name is %s", [input.review.name])
}

violation contains {"msg": "never"} if input.review.name == "other"

violation contains {"msg": "both", "details": {"field": "x"}} if input.review.name == "limits"

violation contains {"msg": "both", "details": {"field": "x", "more": 1}} if input.review.operation == "CREATE"
`}}}
	v0 := &policy.Policy{ID: "zero", RegoVersion: v1alpha1.RegoV0, Modules: []policy.Module{{Name: "zero.rego", Source: `package zero
violation[{"msg": msg}] {
	rule := input.review.object.spec.matchRules[i]
	msg := sprintf("rule %v", [i])
}
`}}}
	e := started(t, v1, v0)
	in, err := engine.NewInput(wasmPluginRequest(2), subject.Subject{})
	if err != nil {
		t.Fatal(err)
	}
	verdict := e.Snapshot().Validate(t.Context(), engine.Webhook, in)
	got := map[string][]engine.Fired{}
	for _, v := range verdict.Violations {
		if got[v.Policy+" "+v.Message], err = e.Snapshot().Explain(t.Context(), in, v); err != nil {
			t.Fatal(err)
		}
	}
	v1Head, bothHead := `violation contains {"msg": msg, "details": {"field": "metadata.name"}} if {`, `violation contains {"msg": "both", "details": {"field": "x"}} if input.review.name == "limits"`
	want := map[string][]engine.Fired{
		"one the name is limits": {{File: "one.rego", Line: 4, Text: v1Head}},
		"one both":               {{File: "one.rego", Line: 11, Text: bothHead}, {File: "one.rego", Line: 13, Text: `violation contains {"msg": "both", "details": {"field": "x", "more": 1}} if input.review.operation == "CREATE"`}},
		"zero rule 0":            {{File: "zero.rego", Line: 2, Text: `violation[{"msg": msg}] {`}},
		"zero rule 1":            {{File: "zero.rego", Line: 2, Text: `violation[{"msg": msg}] {`}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fired (-want +got):\n%s", diff)
	}
	if fired, err := e.Snapshot().Explain(t.Context(), in, engine.Violation{Policy: "missing"}); err != nil || fired != nil {
		t.Errorf("an unknown policy: %v, %v", fired, err)
	}
}
