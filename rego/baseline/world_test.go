package baseline_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/rego/admission"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
)

// judgeOver is the whole baseline over the cluster of a file of testdata.
func judgeOver(t testing.TB, s *settings.Settings, file string) *admission.Judge {
	t.Helper()
	known := inventory.NewBuilder(s)
	for _, document := range bytes.Split(read(t, file), []byte("\n---\n")) {
		var object map[string]any
		if err := yaml.UnmarshalStrict(document, &object); err != nil {
			t.Fatal(err)
		}
		known.Put(&unstructured.Unstructured{Object: object})
	}
	policies, err := baseline.Policies()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range policies {
		p.Timeout = time.Minute // a busy machine is not what is tested
	}
	e := engine.New(engine.Options{})
	for _, err := range e.UsePolicies(t.Context(), policies) {
		t.Fatal(err)
	}
	e.UseInventory(known.Build())
	return admission.New(e, admission.Options{Settings: s})
}

// ask asks for the creation of an object. What cannot be read as an object at
// all, a 400, is the caller's to judge.
func ask(t *testing.T, judge *admission.Judge, kind metav1.GroupVersionKind, namespace, name string, by authenticationv1.UserInfo, raw []byte) (engine.Verdict, *metav1.Status) {
	t.Helper()
	return askFor(t, judge, &admissionv1.AdmissionRequest{
		UID: "fuzz", Kind: kind, Resource: metav1.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: "any"},
		Namespace: namespace, Name: name, Operation: admissionv1.Create, UserInfo: by, Object: runtime.RawExtension{Raw: raw},
	})
}

// askFor asks for whatever a request is about.
func askFor(t *testing.T, judge *admission.Judge, req *admissionv1.AdmissionRequest) (engine.Verdict, *metav1.Status) {
	t.Helper()
	response, verdict := judge.Validate(t.Context(), req)
	if response.Result != nil && response.Result.Code == 400 {
		return verdict, response.Result
	}
	if response.Allowed != verdict.Allowed() {
		t.Fatalf("the response says %v (%v), the verdict %v:\n%s", response.Allowed, response.Result, verdict.Allowed(), mustJSON(req))
	}
	for _, v := range verdict.Violations {
		if v.Failure {
			t.Fatalf("policy %s did not judge: %s\n%s", v.Policy, v.Message, mustJSON(req))
		}
	}
	return verdict, nil
}

// world is the cluster of testdata/tenants.yaml.
type world struct{ judge *admission.Judge }

func newWorld(t testing.TB) world {
	t.Helper()
	return world{judgeOver(t, settings.Default(), "testdata/tenants.yaml")}
}

// requester is who asks, and what they are to whom: the oracle's own words.
type requester struct {
	name   string
	groups []string
	// free of every tenant's scope.
	free bool
	// of is the organization that the requester may act for.
	of string
}

func requesters() []requester {
	return []requester{
		{name: "alice@acme.example", groups: []string{"acme"}, of: "acme"},
		{name: "system:serviceaccount:argocd:argocd", groups: []string{"system:serviceaccounts", "system:serviceaccounts:argocd"}, of: "acme"},
		{name: "mindy@globex.example", groups: []string{"globex"}, of: "globex"},
		{name: "eve@elsewhere.example", groups: []string{"system:authenticated"}},
		{name: "root", groups: []string{"system:masters"}, free: true},
		{name: "system:serviceaccount:tollgate-system:tollgate-controller", groups: []string{"system:serviceaccounts", "system:serviceaccounts:tollgate-system"}, free: true},
		{}, // nobody asks: an audit
	}
}

// create asks for the creation of an object.
func (w world) create(t *testing.T, by requester, kind metav1.GroupVersionKind, meta metav1.ObjectMeta, object any) engine.Verdict {
	t.Helper()
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	verdict, bad := ask(t, w.judge, kind, meta.Namespace, meta.Name, authenticationv1.UserInfo{Username: by.name, Groups: by.groups}, raw)
	if bad != nil {
		t.Skip(bad.Message)
	}
	return verdict
}

// same makes of an object what the API server sees of it: JSON has no invalid
// UTF-8.
func same[T any](t *testing.T, object *T) *T {
	t.Helper()
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	out := new(T)
	if err := json.Unmarshal(raw, out); err != nil {
		t.Skip(err)
	}
	return out
}

// compare holds a verdict against the oracle's: an escape that passes is a
// bypass, and a plain object that does not is a nuisance. loose names policies
// that may refuse more than the oracle knows of.
func compare(t *testing.T, object any, verdict engine.Verdict, escapes []string, loose ...string) {
	t.Helper()
	if verdict.Allowed() && len(escapes) > 0 {
		t.Fatalf("BYPASS: %q\n%s", escapes, mustJSON(object))
	}
	if len(escapes) > 0 {
		return
	}
	for _, v := range verdict.Violations {
		if v.Action == "Deny" && !slices.Contains(loose, v.Policy) {
			t.Errorf("refused without a reason: %s %s: %s\n%s", v.Policy, v.Field, v.Message, mustJSON(object))
		}
	}
}
