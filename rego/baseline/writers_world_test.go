package baseline_test

import (
	"encoding/json"
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/settings"
)

// newWritersWorld is the cluster of testdata/writers.yaml.
func newWritersWorld(t testing.TB) world {
	t.Helper()
	return world{judgeOver(t, settings.Default(), "testdata/writers.yaml")}
}

// fuzzWriters runs a case of a kind over the fuzzer's seeds and texts.
func fuzzWriters(f *testing.F, raw [3]string, judged func(*testing.T, world, picker) bool) {
	f.Helper()
	w := newWritersWorld(f)
	for seed := range uint64(100) {
		f.Add(seed, raw[0], raw[1], raw[2])
	}
	f.Fuzz(func(t *testing.T, seed uint64, a, b, c string) { judged(t, w, newPicker(seed, a, b, c)) })
}

// TestWritersOracles runs the same cases over seeds that are the same each time,
// and sees to it that both verdicts come up.
func TestWritersOracles(t *testing.T) {
	w := newWritersWorld(t)
	for name, judged := range map[string]func(*testing.T, world, picker) bool{
		"Secret": secretCase, "Http2Rpc": http2RpcCase, "EnvoyFilter": envoyFilterCase,
		"Organization": organizationCase, "PriceTable": priceTableCase, "AdmissionPolicy": admissionPolicyCase,
	} {
		t.Run(name, func(t *testing.T) {
			verdicts := map[bool]int{}
			for seed := range uint64(1000) {
				verdicts[judged(t, w, newPicker(seed))]++
			}
			t.Logf("allowed %d, refused %d", verdicts[true], verdicts[false])
			if verdicts[true] < 100 || verdicts[false] < 100 {
				t.Errorf("allowed %d, refused %d: the requests are too much alike to show anything", verdicts[true], verdicts[false])
			}
		})
	}
}

// writer is who writes, and what the documentation says of them.
type writer struct {
	name   string
	groups []string
	// admin, system and controller are bound by no tenant's scope; console
	// neither.
	admin, system, controller, console bool
	// of is the organization that the writer belongs to or acts for.
	of string
}

// tenant reports whether a tenant's scope binds the writer: everybody of whom
// nothing else is known.
func (w writer) tenant() bool { return !w.admin && !w.system && !w.controller && !w.console }

func serviceAccount(namespace, name string) writer {
	return writer{
		name:   "system:serviceaccount:" + namespace + ":" + name,
		groups: []string{"system:authenticated", "system:serviceaccounts", "system:serviceaccounts:" + namespace},
	}
}

func (w writer) as(change func(*writer)) writer {
	change(&w)
	return w
}

func writers() []writer {
	of := func(organization string) func(*writer) { return func(w *writer) { w.of = organization } }
	return []writer{
		{name: "alice@acme.example", groups: []string{"acme"}, of: "acme"},
		{name: "root", groups: []string{"system:masters"}, admin: true},
		{name: "bob@acme.example", groups: []string{"system:authenticated"}, of: "acme"},
		serviceAccount("acme-search", "robot").as(of("acme")),
		serviceAccount("argocd", "argocd").as(of("acme")),
		{name: "mindy@globex.example", groups: []string{"globex"}, of: "globex"},
		serviceAccount("globex-research", "robot").as(of("globex")),
		{name: "eve@elsewhere.example", groups: []string{"system:authenticated"}},
		serviceAccount("ci", "ci"),
		serviceAccount("tollgate-system", "tollgate-controller").as(func(w *writer) { w.controller = true }),
		serviceAccount("higress-system", "higress-console").as(func(w *writer) { w.console = true }),
		serviceAccount("higress-system", "default"),
		{name: "system:kube-controller-manager", groups: []string{"system:authenticated"}, system: true},
		serviceAccount("kube-system", "generic-garbage-collector").as(func(w *writer) { w.system = true }),
		// Users of such names, who are no service accounts: their groups say so.
		{name: "system:serviceaccount:tollgate-system:tollgate-controller", groups: []string{"system:authenticated"}},
		{name: "system:serviceaccount:higress-system:higress-console", groups: []string{"system:authenticated", "system:serviceaccounts"}},
		{name: "system:serviceaccount:kube-system:x", groups: []string{"system:authenticated", "system:serviceaccounts:kube-systemx"}},
	}
}

// auditor asks in nobody's name.
func auditor() writer { return writer{} }

func (p picker) writer() writer {
	all := writers()
	if p.one(3) {
		return all[p.IntN(2)]
	}
	return all[p.IntN(len(all))]
}

func (p picker) operation() admissionv1.Operation {
	return []admissionv1.Operation{admissionv1.Create, admissionv1.Create, admissionv1.Update, admissionv1.Update, admissionv1.Delete}[p.IntN(5)]
}

// request is who asks for what.
type request struct {
	by        writer
	operation admissionv1.Operation
	kind      metav1.GroupVersionKind
	namespace string
	name      string
	// object is nil in a DELETE, old in a CREATE: JSON.
	object, old []byte
}

// newRequest is a picked request about an object, and for UPDATE and DELETE what
// it was before.
func (p picker) newRequest(kind metav1.GroupVersionKind, meta metav1.ObjectMeta, object, old any) request {
	r := request{by: p.writer(), operation: p.operation(), kind: kind, namespace: meta.Namespace, name: meta.Name}
	if p.one(10) {
		r.by, r.operation = auditor(), admissionv1.Create
	}
	switch r.operation {
	case admissionv1.Create:
		r.object = mustJSON(object)
	case admissionv1.Update:
		r.object, r.old = mustJSON(object), mustJSON(old)
	default:
		r.old = mustJSON(old)
		if p.one(4) {
			r.name = "" // one of a collection that goes
		}
	}
	return r
}

// whole is the verdict on a request; it skips what is no object at all.
func (w world) whole(t *testing.T, r request) engine.Verdict {
	t.Helper()
	verdict, bad := askFor(t, w.judge, &admissionv1.AdmissionRequest{
		UID: "fuzz", Kind: r.kind, Resource: metav1.GroupVersionResource{Group: r.kind.Group, Version: r.kind.Version, Resource: "any"},
		Namespace: r.namespace, Name: r.name, Operation: r.operation,
		UserInfo: authenticationv1.UserInfo{Username: r.by.name, Groups: r.by.groups},
		Object:   runtime.RawExtension{Raw: r.object}, OldObject: runtime.RawExtension{Raw: r.old},
	})
	if bad != nil {
		t.Skip(bad.Message)
	}
	return verdict
}

// says reports whether a request says anything new: it makes an object, takes
// one away from where it would stay, or changes spec, labels or annotations.
func (r request) says(t *testing.T) bool {
	t.Helper()
	switch r.operation {
	case admissionv1.Create:
		return true
	case admissionv1.Delete:
		return r.namespace != "acme-leaving"
	}
	return said(t, r.object) != said(t, r.old)
}

func said(t *testing.T, raw []byte) string {
	t.Helper()
	var o struct {
		Metadata struct{ Labels, Annotations map[string]string }
		Spec     map[string]any
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	return string(mustJSON([]any{len(o.Spec), o.Spec, len(o.Metadata.Labels), o.Metadata.Labels, len(o.Metadata.Annotations), o.Metadata.Annotations}))
}

// owner is whose an object of a namespace is; in the gateway's namespace the
// label of the object as it was says so.
func (r request) owner(t *testing.T) string {
	t.Helper()
	switch r.namespace {
	case "acme-chat", "acme-search", "acme-leaving":
		return "acme"
	case "globex-research":
		return "globex"
	case "higress-system":
		raw := r.old
		if r.operation == admissionv1.Create {
			raw = r.object
		}
		var o metav1.PartialObjectMetadata
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatal(err)
		}
		return o.Labels["tollgate.dev/organization"]
	}
	return ""
}

// warnings are the fields of a verdict's warnings by some policies, sorted.
func warnings(verdict engine.Verdict, policies ...string) []string {
	var out []string
	for _, v := range verdict.With("Warn") {
		if slices.Contains(policies, v.Policy) {
			out = append(out, v.Policy+" "+v.Field)
		}
	}
	slices.Sort(out)
	return out
}

// shown is a request for a person who reads why a test failed.
func (r request) shown() any {
	return map[string]any{"by": r.by.name, "groups": r.by.groups, "operation": r.operation, "object": json.RawMessage(orNull(r.object)), "oldObject": json.RawMessage(orNull(r.old))}
}

func orNull(raw []byte) []byte {
	if raw == nil {
		return []byte("null")
	}
	return raw
}
