package admission

import (
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"tollgate.dev/tollgate/rego/policy"
)

func TestAdmissionPoliciesAreJudged(t *testing.T) {
	t.Parallel()
	inForce := []*policy.Policy{{ID: "route-hosts", Baseline: true}, {ID: "teams-own"}}
	const good = `"rego":"package a\nviolation contains {\"msg\": \"no\"} if false"`
	tests := []struct {
		name, object string
		change       func(*admissionv1.AdmissionRequest)
		fields       []string
		says         string
	}{
		{name: "good", object: `{"metadata":{"name":"good"},"spec":{` + good + `}}`},
		{name: "good, of a name to be drawn", object: `{"metadata":{"generateName":"good-"},"spec":{` + good + `}}`},
		{name: "replaces one of a user", object: `{"metadata":{"name":"teams-own"},"spec":{` + good + `}}`},
		{name: "takes the place of the baseline's", object: `{"metadata":{"name":"route-hosts"},"spec":{` + good + `}}`, fields: []string{"metadata.name"}, says: "a policy that Tollgate brings"},
		{name: "syntax", object: `{"metadata":{"name":"x"},"spec":{"rego":"package a\nviolation contains"}}`, fields: []string{"spec.rego"}, says: "x.rego:2:"},
		{name: "forbidden builtin", object: `{"metadata":{"name":"x"},"spec":{"rego":"package a\nviolation contains {\"msg\": m} if m := http.send({}).x"}}`, fields: []string{"spec.rego"}, says: "http.send"},
		{name: "a lib", object: `{"metadata":{"name":"x"},"spec":{` + good + `,"libs":["package lib.a\nx := "]}}`, fields: []string{"spec.libs[0]"}, says: "x.libs[0].rego:2:"},
		{name: "parameters", object: `{"metadata":{"name":"x"},"spec":{` + good + `,"parameters":[1]}}`, fields: []string{"spec.parameters"}, says: "JSON object"},
		{name: "no object", object: `{"spec":{"rego":1}}`, fields: []string{""}, says: "cannot be read"},
		{name: "a bad one that goes", object: `{"metadata":{"name":"x","deletionTimestamp":"2026-01-01T00:00:00Z"},"spec":{"rego":"x"}}`},
		{name: "status", object: `{"spec":{"rego":"x"}}`, change: func(r *admissionv1.AdmissionRequest) { r.SubResource = "status" }},
		{name: "deletion", object: `{"spec":{"rego":"x"}}`, change: func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Delete }},
		{name: "another kind", object: `{"spec":{"rego":"x"}}`, change: func(r *admissionv1.AdmissionRequest) { r.Kind.Kind = "Project" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := &admissionv1.AdmissionRequest{
				Kind:      metav1.GroupVersionKind{Group: "tollgate.dev", Version: "v1alpha1", Kind: "AdmissionPolicy"},
				Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: []byte(tt.object)},
			}
			if tt.change != nil {
				tt.change(req)
			}
			got := ofPolicy(req, func() []*policy.Policy { return inForce })
			var fields []string
			for _, v := range got {
				fields = append(fields, v.Field)
			}
			if fields = slices.Compact(fields); !slices.Equal(fields, tt.fields) { // OPA may say two things of one place
				t.Fatalf("%+v", got)
			}
			for _, v := range got {
				if !strings.Contains(v.Message, tt.says) || v.Remedy == "" {
					t.Errorf("%+v", v)
				}
			}
		})
	}
}
