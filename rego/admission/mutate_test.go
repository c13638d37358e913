package admission_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/utils/ptr"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/admission"
	"tollgate.dev/tollgate/rego/policy"
)

func TestMutate(t *testing.T) {
	j := judge(t, admission.Options{},
		rule("a", `mutation contains {"op": "add", "path": "/metadata/labels/team", "value": "chat"} if true`, mutates),
		rule("b", `violation contains {"msg": "x"} if true`))
	got, verdict := j.Mutate(t.Context(), create(`{"metadata":{"name":"x"}}`))
	want := &admissionv1.AdmissionResponse{
		UID: "uid-1", Allowed: true, PatchType: ptr.To(admissionv1.PatchTypeJSONPatch),
		Patch: []byte(`[{"op":"add","path":"/metadata/labels","value":{}},{"op":"add","path":"/metadata/labels/team","value":"chat"}]`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(verdict.Violations) != 0 {
		t.Error(verdict)
	}
	got, _ = j.Mutate(t.Context(), create(`{"metadata":{"name":"x","labels":{"team":"chat"}}}`))
	if got.Patch != nil || got.PatchType != nil || !got.Allowed {
		t.Errorf("a second time: %s", got.Patch)
	}
}

func TestMutateFailure(t *testing.T) {
	body := `mutation contains {"op": "add", "path": "/a", "value": 1 / (count(input.review.object) - 1)} if true`
	got, _ := judge(t, admission.Options{}, rule("a", body, mutates)).Mutate(t.Context(), create(`{"metadata":{}}`))
	if got.Allowed || got.Result.Code != 403 || !strings.Contains(got.Result.Message, "divide by zero") {
		t.Errorf("%+v", got)
	}
	got, _ = judge(t, admission.Options{}, rule("a", body, mutates, func(p *policy.Policy) { p.OnError = v1alpha1.OnErrorAllow })).Mutate(t.Context(), create(`{"metadata":{}}`))
	if !got.Allowed || len(got.Warnings) != 1 || got.Patch != nil {
		t.Errorf("%+v", got)
	}
}
