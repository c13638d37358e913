package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/subject"
)

// A policy that refuses everything, or does not compile, does not keep itself
// from being deleted. What comes with Tollgate is asked all the same.
func TestNoPolicyKeepsPoliciesFromBeingDeleted(t *testing.T) {
	every := func(p *policy.Policy) *policy.Policy {
		p.Match.Operations = []string{"CREATE", "UPDATE", "DELETE"}
		return p
	}
	ours := every(rule("ours", `violation contains {"msg": "ours"} if true`))
	ours.Baseline = true
	e := engine.New(engine.Options{})
	e.UseInventory(builder(t).Build())
	e.UsePolicies(t.Context(), []*policy.Policy{
		ours, every(rule("all", `violation contains {"msg": "all"} if true`)), every(rule("broken", `violation contains {"msg": } if true`)),
	})
	const object = `{"apiVersion":"tollgate.dev/v1alpha1","kind":"AdmissionPolicy","metadata":{"name":"all"}}`
	for _, tt := range []struct {
		name, group, kind string
		operation         admissionv1.Operation
		want              []string
	}{
		{name: "deleted", group: "tollgate.dev", kind: "AdmissionPolicy", operation: admissionv1.Delete, want: []string{"ours"}},
		{name: "changed", group: "tollgate.dev", kind: "AdmissionPolicy", operation: admissionv1.Update, want: []string{"all", "broken", "ours"}},
		{name: "of another group", group: "example.com", kind: "AdmissionPolicy", operation: admissionv1.Delete, want: []string{"all", "broken", "ours"}},
		{name: "another kind", group: "tollgate.dev", kind: "PriceTable", operation: admissionv1.Delete, want: []string{"all", "broken", "ours"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := request(tt.operation, object, object)
			req.Kind.Group, req.Kind.Kind = tt.group, tt.kind
			in, err := engine.NewInput(req, subject.Subject{Standing: subject.Admin})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range e.Snapshot().Validate(t.Context(), engine.Webhook, in).Violations {
				got = append(got, v.Policy)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
