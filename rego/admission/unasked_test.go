package admission_test

import (
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/admission"
	"tollgate.dev/tollgate/rego/policy"
)

// A policy that no webhook asks about says so when it is applied.
func TestAPolicyForKindsThatNobodyAsksAboutIsWarnedOf(t *testing.T) {
	t.Parallel()
	baseline := rule("hosts", `violation contains {"msg": "x"} if false`, func(p *policy.Policy) {
		p.Baseline = true
		p.Modules[0].Source = "package tollgate.baseline.hosts\nviolation contains {\"msg\": \"x\"} if false"
		p.Match.Kinds = []v1alpha1.MatchKinds{{APIGroups: []string{"networking.k8s.io"}, Kinds: []string{"Ingress"}}}
	})
	tests := []struct{ name, kinds, want string }{
		{name: "asked about", kinds: `[{"apiGroups":["networking.k8s.io"],"kinds":["Ingress"]}]`},
		{name: "all", kinds: `[]`},
		{name: "any", kinds: `[{"apiGroups":["*"],"kinds":["*"]}]`},
		{name: "another kind", kinds: `[{"apiGroups":[""],"kinds":["Pod"]},{"apiGroups":["networking.k8s.io"],"kinds":["Ingress"]}]`, want: "not asked about Pod,"},
		{name: "another group", kinds: `[{"apiGroups":["extensions"],"kinds":["Ingress"]}]`, want: "not asked about Ingress,"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := request(func(r *admissionv1.AdmissionRequest) {
				r.Kind = metav1.GroupVersionKind{Group: "tollgate.dev", Version: "v1alpha1", Kind: "AdmissionPolicy"}
				r.Namespace = ""
				r.Object.Raw = []byte(`{"metadata":{"name":"own"},"spec":{"match":{"kinds":` + tt.kinds + `},"rego":"package own\nviolation contains {\"msg\": \"x\"} if false"}}`)
			})
			response, _ := judge(t, admission.Options{}, baseline).Validate(t.Context(), req)
			if !response.Allowed {
				t.Fatalf("refused: %v", response.Result)
			}
			got := strings.Join(response.Warnings, "\n")
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("warned %q, want %q", got, tt.want)
			}
		})
	}
}
