package admission_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/admission"
	"tollgate.dev/tollgate/rego/decisions"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

func rule(id, body string, change ...func(*policy.Policy)) *policy.Policy {
	p := &policy.Policy{ID: id, Remedy: "Ask a platform admin.", Timeout: 30 * time.Second, Modules: []policy.Module{{Name: id, Source: "package p\n" + body}}}
	for _, c := range change {
		c(p)
	}
	return p
}

func mutates(p *policy.Policy) { p.Kind = policy.Mutation }
func warns(p *policy.Policy)   { p.Enforcement.Webhook = v1alpha1.PolicyWarn }
func silent(p *policy.Policy)  { p.Enforcement.Webhook = v1alpha1.PolicyDryRun }
func allOperations(p *policy.Policy) {
	p.Match.Operations = []string{"CREATE", "UPDATE", "DELETE"}
}

func judge(t testing.TB, options admission.Options, policies ...*policy.Policy) *admission.Judge {
	t.Helper()
	e := engine.New(engine.Options{})
	for _, err := range e.UsePolicies(t.Context(), policies) {
		t.Fatal(err)
	}
	e.UseInventory(inventory.NewBuilder(settings.Default()).Build())
	return admission.New(e, options)
}

func create(object string) *admissionv1.AdmissionRequest {
	return &admissionv1.AdmissionRequest{
		UID: "uid-1", Operation: admissionv1.Create, Namespace: "ns", Name: "x",
		Kind:     metav1.GroupVersionKind{Group: "g", Version: "v1", Kind: "Thing"},
		UserInfo: authenticationv1.UserInfo{Username: "mallory"},
		Object:   runtime.RawExtension{Raw: []byte(object)},
	}
}

func request(change func(*admissionv1.AdmissionRequest)) *admissionv1.AdmissionRequest {
	req := create(`{"metadata":{"name":"x"}}`)
	change(req)
	return req
}

func TestValidate(t *testing.T) {
	denials := rule("b", `violation contains {"msg": "the host is taken", "details": {"field": "spec.rules[0].host"}} if true
violation contains {"msg": "two\nlines\u0000.", "details": {"remedy": "Do this"}} if true`)
	tests := []struct {
		name     string
		policies []*policy.Policy
		want     *admissionv1.AdmissionResponse
	}{
		{"nothing", []*policy.Policy{rule("a", `violation contains {"msg": "x"} if false`)}, &admissionv1.AdmissionResponse{UID: "uid-1", Allowed: true}},
		{"denied", []*policy.Policy{denials, rule("a", `violation contains {"msg": "w"} if true`, warns), rule("c", `violation contains {"msg": "x"} if true`, silent)}, &admissionv1.AdmissionResponse{
			UID:      "uid-1",
			Warnings: []string{"a: w. Ask a platform admin."},
			Result: &metav1.Status{
				Status: "Failure", Code: 403, Reason: "Forbidden",
				Message: "b: two lines\ufffd. Do this.\nb: spec.rules[0].host: the host is taken. Ask a platform admin.",
				Details: &metav1.StatusDetails{Name: "x", Group: "g", Kind: "Thing", Causes: []metav1.StatusCause{
					{Type: "b", Message: "two lines\ufffd."},
					{Type: "b", Field: "spec.rules[0].host", Message: "the host is taken"},
				}},
			},
		}},
		{"dry run is silent", []*policy.Policy{rule("c", `violation contains {"msg": "x"} if true`, silent)}, &admissionv1.AdmissionResponse{UID: "uid-1", Allowed: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, verdict := judge(t, admission.Options{}, tt.policies...).Validate(t.Context(), create(`{"metadata":{"name":"x"}}`))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if verdict.Allowed() != got.Allowed {
				t.Error("response and verdict differ")
			}
		})
	}
}

func TestDryRunIsInTheVerdict(t *testing.T) {
	_, verdict := judge(t, admission.Options{}, rule("c", `violation contains {"msg": "x"} if true`, silent)).Validate(t.Context(), create(`{}`))
	if len(verdict.With(v1alpha1.PolicyDryRun)) != 1 {
		t.Error(verdict)
	}
}

// TestBadRequests: what cannot be judged is refused, with what is wrong.
func TestBadRequests(t *testing.T) {
	tests := []struct {
		name string
		req  *admissionv1.AdmissionRequest
		want string
	}{
		{"no request", nil, "no request"},
		{"truncated", create(`{"metadata":{"name"`), "a colon was expected"},
		{"a list", create(`[]`), "not a JSON object"},
		{"a text", create(`"x"`), "not a JSON object"},
		{"duplicate keys", create(`{"spec":{"a":1,"a":2}}`), `the key "a" occurs twice`},
		{"deep", create(strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300)), "nested more than 200 deep"},
		{"null in CREATE", create(`null`), "neither object nor oldObject"},
		{"null oldObject in DELETE", request(func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Delete }), "oldObject is missing"},
		{"operation", request(func(r *admissionv1.AdmissionRequest) { r.Operation = "PATCH" }), "operation"},
		{"control characters do not come back", create("{\"a\u0007\": 1, \"b\"}"), "control character"},
	}
	j := judge(t, admission.Options{}, rule("a", `violation contains {"msg": "x"} if false`))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, call := range []func() *admissionv1.AdmissionResponse{
				func() *admissionv1.AdmissionResponse { r, _ := j.Validate(t.Context(), tt.req); return r },
				func() *admissionv1.AdmissionResponse { r, _ := j.Mutate(t.Context(), tt.req); return r },
			} {
				got := call()
				if got.Allowed || got.Result.Code != 400 || got.Result.Reason != "BadRequest" || !strings.Contains(got.Result.Message, tt.want) {
					t.Errorf("%v %+v", got.Allowed, got.Result)
				}
			}
		})
	}
}

// TestEdges: requests that are odd and right.
func TestEdges(t *testing.T) {
	always := rule("a", `violation contains {"msg": "x"} if true`, allOperations)
	never := rule("a", `violation contains {"msg": "x"} if input.review.object.spec.bad`, allOperations)
	tests := []struct {
		name    string
		policy  *policy.Policy
		options admission.Options
		req     *admissionv1.AdmissionRequest
		allowed bool
	}{
		{"CONNECT passes", always, admission.Options{}, request(func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Connect }), true},
		{"a subresource passes", always, admission.Options{}, request(func(r *admissionv1.AdmissionRequest) { r.SubResource = "scale" }), true},
		{"a subresource that is asked for is judged", always, admission.Options{Subresources: []string{"scale"}}, request(func(r *admissionv1.AdmissionRequest) { r.SubResource = "scale" }), false},
		{"an Ingress's status passes", always, admission.Options{}, status("Ingress", `{"a":"b"}`, `{}`), true},
		{"an Ingress's annotations through its status", always, admission.Options{}, status("Ingress", `{"a":"c"}`, `{}`), false},
		{"an Ingress's labels through its status", always, admission.Options{}, status("Ingress", `{"a":"b"}`, `{"a":"c"}`), false},
		{"a status that cannot be read", always, admission.Options{}, status("Ingress", `1`, `{}`), false},
		{"another kind's metadata stays as it is", always, admission.Options{}, status("NetworkPolicy", `{"a":"c"}`, `{}`), true},
		{"status passes always", always, admission.Options{Subresources: []string{"status"}}, request(func(r *admissionv1.AdmissionRequest) { r.SubResource = "status" }), true},
		{"dryRun is judged", always, admission.Options{}, request(func(r *admissionv1.AdmissionRequest) { r.DryRun = ptr.To(true) }), false},
		{"DELETE has the old object", rule("a", `violation contains {"msg": "x"} if input.review.object.spec.bad`, allOperations), admission.Options{}, request(func(r *admissionv1.AdmissionRequest) {
			r.Operation, r.Object.Raw, r.OldObject.Raw = admissionv1.Delete, nil, []byte(`{"spec":{"bad":true}}`)
		}), false},
		{"generateName without a name", rule("a", `violation contains {"msg": "x"} if true`, func(p *policy.Policy) { p.Match.Name = "web-*" }), admission.Options{}, request(func(r *admissionv1.AdmissionRequest) {
			r.Name, r.Object.Raw = "", []byte(`{"metadata":{"generateName":"web-"}}`)
		}), false},
		{"3 MB", never, admission.Options{}, create(`{"data":{"a":"` + strings.Repeat("x", 3<<20) + `"}}`), true},
		{"3 MB of members", rule("a", `violation contains {"msg": "x"} if input.review.object.k99999`), admission.Options{}, create(manyMembers(100000)), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := judge(t, tt.options, tt.policy).Validate(t.Context(), tt.req)
			if got.Allowed != tt.allowed {
				t.Errorf("allowed: %v; %v", got.Allowed, got.Result)
			}
			if got.UID != tt.req.UID {
				t.Error("the uid is lost")
			}
		})
	}
}

// status is a request to the status of an object that had the annotations
// {"a":"b"} and no labels.
func status(kind, annotations, labels string) *admissionv1.AdmissionRequest {
	return request(func(r *admissionv1.AdmissionRequest) {
		r.Kind = metav1.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: kind}
		r.Operation, r.SubResource = admissionv1.Update, "status"
		r.OldObject.Raw = []byte(`{"metadata":{"annotations":{"a":"b"}}}`)
		r.Object.Raw = []byte(`{"metadata":{"annotations":` + annotations + `,"labels":` + labels + `},"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}`)
	})
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":"twenty characters or so"`, i)
	}
	return "{" + b.String()[1:] + "}"
}

func TestNotReadyRefuses(t *testing.T) {
	j := admission.New(engine.New(engine.Options{}), admission.Options{})
	got, verdict := j.Validate(t.Context(), create(`{}`))
	if got.Allowed || verdict.Allowed() || got.Result.Code != 403 {
		t.Error(got)
	}
	if got, _ := j.Mutate(t.Context(), create(`{}`)); got.Allowed || got.Patch != nil {
		t.Error(got)
	}
}

// heard is what an observer was told.
type heard []string

func (h *heard) Reviewed(mutation bool, operation, kind, result string, _ time.Duration) {
	*h = append(*h, fmt.Sprintf("%v %s %s %s", mutation, operation, kind, result))
}

func TestObserverAndLog(t *testing.T) {
	var out bytes.Buffer
	var seen heard
	log := decisions.New(slog.NewJSONHandler(&out, nil), decisions.Options{AllowsPerSecond: 10})
	j := judge(t, admission.Options{Decisions: log, Observer: &seen},
		rule("a", `violation contains {"msg": "no"} if input.review.object.bad`),
		rule("b", `violation contains {"msg": "hm"} if input.review.object.odd`, warns))
	for _, req := range []*admissionv1.AdmissionRequest{
		create(`{"bad":true}`), create(`{"odd":true}`), create(`{}`), create(`{`), nil,
		request(func(r *admissionv1.AdmissionRequest) { r.SubResource = "status" }),
	} {
		j.Validate(t.Context(), req)
	}
	j.Mutate(t.Context(), create(`{}`))
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := heard{"false CREATE Thing denied", "false CREATE Thing warned", "false CREATE Thing allowed", "false CREATE Thing bad", "false   bad", "false CREATE Thing allowed", "true CREATE Thing allowed"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
	var results []string
	for line := range strings.Lines(out.String()) {
		var l struct {
			Allowed, Mutation bool
			BadRequest        string
			Violations        []struct{ Message string }
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		results = append(results, fmt.Sprintf("%v %v %v %v", l.Mutation, l.Allowed, l.BadRequest != "", l.Violations))
	}
	wantLines := []string{"false false false [{no}]", "false true false [{hm}]", "false true false []", "false false true []", "false false true []", "true true false []"}
	if diff := cmp.Diff(wantLines, results); diff != "" {
		t.Error(diff)
	}
}
