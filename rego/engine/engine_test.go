package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/rego/subject"
)

// rule is a Rego v1 policy of a test.
func rule(id, body string) *policy.Policy {
	return &policy.Policy{
		ID: id, Title: id, Remedy: "Ask.",
		Modules: []policy.Module{{Name: id + ".rego", Source: "package " + strings.ReplaceAll(id, "-", "_") + "\n" + body}},
		Timeout: 30 * time.Second,
	}
}

func started(t testing.TB, policies ...*policy.Policy) *engine.Engine {
	t.Helper()
	e := engine.New(engine.Options{})
	for _, err := range e.UsePolicies(t.Context(), policies) {
		t.Error(err)
	}
	e.UseInventory(builder(t).Build())
	if err := e.Ready(); err != nil {
		t.Fatal(err)
	}
	return e
}

func builder(t testing.TB) *inventory.Builder {
	t.Helper()
	b := inventory.NewBuilder(settings.Default())
	b.Put(object(t, `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"acme-chat","labels":{"team":"chat"}}}`))
	return b
}

func object(t testing.TB, raw string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{}
	if err := json.Unmarshal([]byte(raw), &u.Object); err != nil {
		t.Fatal(err)
	}
	return u
}

func request(op admissionv1.Operation, obj, old string) *admissionv1.AdmissionRequest {
	return &admissionv1.AdmissionRequest{
		UID: "u", Operation: op, Namespace: "acme-chat", Name: "x",
		Kind:      metav1.GroupVersionKind{Version: "v1", Kind: "ConfigMap"},
		Resource:  metav1.GroupVersionResource{Version: "v1", Resource: "configmaps"},
		UserInfo:  authenticationv1.UserInfo{Username: "mallory", Groups: []string{"acme"}},
		Object:    runtime.RawExtension{Raw: []byte(obj)},
		OldObject: runtime.RawExtension{Raw: []byte(old)},
	}
}

func create(t testing.TB, obj string) engine.Input {
	t.Helper()
	in, err := engine.NewInput(request(admissionv1.Create, obj, ""), subject.Subject{Organization: "acme", Standing: "Member"})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

const configMap = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"acme-chat","labels":{"a":"b"}},"data":{"k":"v","n":"7"}}`

// short is a violation without what every one of a test has.
func short(v engine.Verdict) []string {
	var out []string
	for _, x := range v.Violations {
		line := fmt.Sprintf("%s %s %s: %s", x.Policy, x.Action, x.Field, x.Message)
		if x.Failure {
			line += " (failure)"
		}
		out = append(out, line)
	}
	return out
}

func TestValidate(t *testing.T) {
	change := func(p *policy.Policy, f func(*policy.Policy)) *policy.Policy { f(p); return p }
	tests := []struct {
		name     string
		policies []*policy.Policy
		want     []string
	}{
		{"nothing", nil, nil},
		{"no violation", []*policy.Policy{rule("a", `violation contains {"msg": "no"} if input.review.object.data.k == "w"`)}, nil},
		{"a violation", []*policy.Policy{rule("a", `violation contains {"msg": "no", "details": {"field": "data.k"}} if input.review.object.data.k == "v"`)}, []string{"a Deny data.k: no"}},
		{"sorted, without duplicates", []*policy.Policy{
			rule("b", `violation contains {"msg": "y"} if true
violation contains {"msg": "x", "details": {"field": "z"}} if true
violation contains {"msg": "z"} if true
violation contains {"msg": "z", "details": {"more": 1}} if true`),
			rule("a", `violation contains {"msg": "x"} if true`),
		}, []string{"a Deny : x", "b Deny : y", "b Deny : z", "b Deny z: x"}},
		{"parameters", []*policy.Policy{change(rule("a", `violation contains {"msg": sprintf("%v", [input.parameters])} if true`), func(p *policy.Policy) {
			p.Parameters = map[string]any{"n": json.Number("9007199254740993")}
		})}, []string{`a Deny : {"n": 9007199254740993}`}},
		{"no parameters", []*policy.Policy{rule("a", `violation contains {"msg": sprintf("%v", [input.parameters])} if true`)}, []string{"a Deny : {}"}},
		{"subject", []*policy.Policy{rule("a", `violation contains {"msg": input.subject.organization, "details": {"field": input.subject.standing}} if not input.subject.inGateway`)}, []string{"a Deny Member: acme"}},
		{"the request", []*policy.Policy{rule("a", `violation contains {"msg": concat(" ", [r.operation, r.kind.kind, r.kind.version, r.resource.resource, r.namespace, r.name, r.userInfo.username, r.userInfo.groups[0]])} if { r := input.review; is_null(r.oldObject) }`)}, []string{"a Deny : CREATE ConfigMap v1 configmaps acme-chat x mallory acme"}},
		{"the namespace", []*policy.Policy{rule("a", `violation contains {"msg": input.review._unstable.namespace.metadata.labels.team} if input.review.namespaceObject.metadata.name == "acme-chat"`)}, []string{"a Deny : chat"}},
		{"enforcement", []*policy.Policy{
			change(rule("a", `violation contains {"msg": "x"} if true`), func(p *policy.Policy) { p.Enforcement.Webhook = v1alpha1.PolicyWarn }),
			change(rule("b", `violation contains {"msg": "x"} if true`), func(p *policy.Policy) { p.Enforcement.Webhook = v1alpha1.PolicyDryRun }),
			change(rule("c", `violation contains {"msg": "x"} if true`), func(p *policy.Policy) { p.Enforcement.Review = v1alpha1.PolicyWarn }),
		}, []string{"a Warn : x", "b DryRun : x", "c Deny : x"}},
		{"a policy that does not match", []*policy.Policy{change(rule("a", `violation contains {"msg": "x"} if true`), func(p *policy.Policy) {
			p.Match.Kinds = []v1alpha1.MatchKinds{{Kinds: []string{"Secret"}}}
		})}, nil},
		{"packages of one name, rules by full name, and libs of one name", []*policy.Policy{
			change(rule("a", ""), func(p *policy.Policy) {
				p.Modules[0].Source = "package same\nimport data.lib.x\nviolation contains {\"msg\": data.same.text} if true\ntext := x.text"
				p.Libs = []policy.Module{{Name: "l", Source: "package lib.x\ntext := \"one\""}}
			}),
			change(rule("b", ""), func(p *policy.Policy) {
				p.Modules[0].Source = "package same\nimport data.lib.x\nviolation contains {\"msg\": data.same.text} if true\ntext := x.text"
				p.Libs = []policy.Module{{Name: "l", Source: "package lib.x\ntext := \"two\""}}
			}),
		}, []string{"a Deny : one", "b Deny : two"}},
		{"a package named like the inventory", []*policy.Policy{change(rule("a", ""), func(p *policy.Policy) {
			p.Modules[0].Source = "package inventory\nviolation contains {\"msg\": x} if { some x in data.inventory.cluster }\ncluster := [\"own\"]"
		})}, []string{"a Deny : own"}},
		{"v0", []*policy.Policy{change(rule("a", "violation[{\"msg\": msg, \"details\": {\"field\": \"f\"}}] { re_match(\"^v$\", input.review.object.data.k); msg := \"x\" }"), func(p *policy.Policy) { p.RegoVersion = v1alpha1.RegoV0 })}, []string{"a Deny f: x"}},

		{"a message that is a number", []*policy.Policy{rule("a", `violation contains {"msg": 7} if true`)}, []string{"a Deny : 7"}},
		{"a message that is an object", []*policy.Policy{rule("a", `violation contains {"msg": {"a": [1]}} if true`)}, []string{`a Deny : {"a": [1]}`}},
		{"an empty message", []*policy.Policy{rule("a", `violation contains {"msg": " "} if true`)}, []string{"a Deny : the policy is violated; its message is empty"}},
		{"no message", []*policy.Policy{rule("a", `violation contains {"details": {"field": "x"}} if true`)}, []string{"a Deny x: the policy is violated; it gives no message"}},
		{"a text instead of an object", []*policy.Policy{rule("a", `violation contains "just so" if true`)}, []string{"a Deny : just so"}},
		{"details that are no object", []*policy.Policy{rule("a", `violation contains {"msg": "x", "details": [1]} if true`)}, []string{"a Deny : x"}},
		{"a field that is no text", []*policy.Policy{rule("a", `violation contains {"msg": "x", "details": {"field": 1}} if true`)}, []string{"a Deny : x"}},

		{"a builtin's error fails a v1 policy", []*policy.Policy{
			rule("a", `violation contains {"msg": "x"} if 1 / (to_number(input.review.object.data.n) - 7) > 0`),
			rule("b", `violation contains {"msg": "x"} if true`),
		}, []string{"a Deny : the policy a could not judge this request: a.rego:2: eval_builtin_error: div: divide by zero (failure)", "b Deny : x"}},
		{"a builtin's error is undefined in v0", []*policy.Policy{change(rule("a", `violation[{"msg": "x"}] { not to_number(input.review.object.data.k) }`), func(p *policy.Policy) { p.RegoVersion = v1alpha1.RegoV0 })}, []string{"a Deny : x"}},
		{"a conflict fails", []*policy.Policy{rule("a", "f := 1 if true\nf := 2 if input.review.object.data.k\nviolation contains {\"msg\": \"x\"} if f > 0")}, []string{"a Deny : the policy a could not judge this request: a.rego:3: eval_conflict_error: rule data.policies.a.f produced conflicting values: 1 at a.rego:2 2 at a.rego:3 (failure)"}},
		{"OnError Allow", []*policy.Policy{change(rule("a", `violation contains {"msg": "x"} if 1 / (to_number(input.review.object.data.n) - 7) > 0`), func(p *policy.Policy) { p.OnError = v1alpha1.OnErrorAllow })}, []string{"a Warn : the policy a could not judge this request: a.rego:2: eval_builtin_error: div: divide by zero (failure)"}},
		{"a failure is never more than a violation", []*policy.Policy{change(rule("a", `violation contains {"msg": "x"} if 1 / (to_number(input.review.object.data.n) - 7) > 0`), func(p *policy.Policy) { p.Enforcement.Webhook = v1alpha1.PolicyDryRun })}, []string{"a DryRun : the policy a could not judge this request: a.rego:2: eval_builtin_error: div: divide by zero (failure)"}},
		{"more results than are taken", []*policy.Policy{rule("a", `violation contains {"msg": sprintf("%d", [n])} if some n in numbers.range(1, 1001)`)}, []string{"a Deny : the policy a could not judge this request: the rule yields 1001 results; at most 1000 are taken (failure)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := started(t, tt.policies...)
			if diff := cmp.Diff(tt.want, short(e.Snapshot().Validate(t.Context(), engine.Webhook, create(t, configMap)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidateViolation(t *testing.T) {
	p := rule("a", `violation contains {"msg": "m", "details": {"field": "f", "remedy": "Do this.", "list": [1, {"x": null}], "n": 1.50}} if true`)
	p.Title, p.Severity = "Title", v1alpha1.SeverityHigh
	p.Enforcement.Review = v1alpha1.PolicyWarn
	got := started(t, p).Snapshot().Validate(t.Context(), engine.Review, create(t, configMap))
	want := engine.Verdict{Violations: []engine.Violation{{
		Policy: "a", Title: "Title", Severity: v1alpha1.SeverityHigh, Action: v1alpha1.PolicyWarn, Message: "m", Field: "f", Remedy: "Do this.",
		Details: map[string]any{"list": []any{json.Number("1"), map[string]any{"x": nil}}, "n": json.Number("1.50")},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !got.Allowed() {
		t.Error("a warning refuses")
	}
}

func TestDelete(t *testing.T) {
	p := rule("a", `violation contains {"msg": sprintf("%s %s %v", [input.review.object.data.k, input.review.oldObject.data.k, object.keys(input.review.object.metadata)])} if input.review.operation == "DELETE"`)
	p.Match.Operations = []string{"DELETE"}
	in, err := engine.NewInput(request(admissionv1.Delete, "null", configMap), subject.Subject{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`a Deny : v v {"labels", "name", "namespace"}`}
	if diff := cmp.Diff(want, short(started(t, p).Snapshot().Validate(t.Context(), engine.Webhook, in))); diff != "" {
		t.Error(diff)
	}
}

func TestNewInputRefuses(t *testing.T) {
	tests := []struct {
		name string
		req  *admissionv1.AdmissionRequest
		want string
	}{
		{"no request", nil, "no request"},
		{"truncated", request(admissionv1.Create, `{"a":`, ""), "reading object: "},
		{"duplicate keys", request(admissionv1.Create, `{"a":1,"a":1}`, ""), `the key "a" occurs twice`},
		{"duplicate keys in the old object", request(admissionv1.Update, `{}`, `{"a":{"b":1,"b":2}}`), `reading oldObject: the key "b" occurs twice`},
		{"too deep", request(admissionv1.Create, strings.Repeat(`{"a":`, 201)+"1"+strings.Repeat("}", 201), ""), "nested more than 200 deep"},
		{"a list", request(admissionv1.Create, `[]`, ""), "not a JSON object"},
		{"no object", request(admissionv1.Create, ``, ""), "neither object nor oldObject"},
		{"DELETE of nothing", request(admissionv1.Delete, ``, "null"), "oldObject is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, err := engine.NewInput(tt.req, subject.Subject{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
			v := started(t, rule("a", `violation contains {} if false`)).Snapshot().Validate(context.Background(), engine.Webhook, in)
			if v.Allowed() || len(v.Violations) != 1 || !v.Violations[0].Failure {
				t.Errorf("it was judged all the same: %v", v)
			}
		})
	}
}

func TestNotReadyDenies(t *testing.T) {
	e := engine.New(engine.Options{})
	for _, step := range []func(){func() {}, func() { e.UseInventory(builder(t).Build()) }} {
		step()
		if e.Ready() == nil {
			t.Error("ready without policies")
		}
		if e.Snapshot().Validate(t.Context(), engine.Webhook, create(t, configMap)).Allowed() {
			t.Error("allowed without policies")
		}
		if patches, failures := e.Snapshot().Mutate(t.Context(), create(t, configMap)); len(patches) > 0 || len(failures) != 1 {
			t.Errorf("mutation without policies: %v %v", patches, failures)
		}
	}
}
