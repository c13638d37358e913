package baseline_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// plainObject is an object whose spec no rule reads: all that counts is who
// writes it.
type plainObject struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              map[string]any `json:"spec,omitempty"`
}

// FuzzHttp2Rpc holds the verdict on Http2Rpcs, written, changed and deleted,
// against the oracle.
func FuzzHttp2Rpc(f *testing.F) { fuzzWriters(f, [3]string{"proxy", "acme", ""}, http2RpcCase) }

func http2RpcCase(t *testing.T, w world, p picker) (allowed bool) {
	t.Helper()
	r := p.plainRequest(t, metav1.GroupVersionKind{Group: "networking.higress.io", Version: "v1", Kind: "Http2Rpc"})
	verdict := w.whole(t, r)
	compare(t, r.shown(), verdict, platformEscapes(t, r))
	return verdict.Allowed()
}

// FuzzEnvoyFilter does the same with EnvoyFilters.
func FuzzEnvoyFilter(f *testing.F) { fuzzWriters(f, [3]string{"proxy", "acme", ""}, envoyFilterCase) }

func envoyFilterCase(t *testing.T, w world, p picker) (allowed bool) {
	t.Helper()
	r := p.plainRequest(t, metav1.GroupVersionKind{Group: "networking.istio.io", Version: "v1alpha3", Kind: "EnvoyFilter"})
	verdict := w.whole(t, r)
	var escapes []string
	if r.namespace != "shop" { // nobody's, where they belong to a mesh that is none of our business
		escapes = platformEscapes(t, r)
	}
	compare(t, r.shown(), verdict, escapes)
	return verdict.Allowed()
}

// plainRequest is about an object of a kind that only the platform writes.
func (p picker) plainRequest(t *testing.T, kind metav1.GroupVersionKind) request {
	t.Helper()
	object := p.plainObject()
	old := same(t, object)
	old.Finalizers = []string{"example.com/later"}
	if !p.one(3) { // else only a finalizer goes
		changed := p.plainObject()
		old.Labels, old.Annotations, old.Spec = changed.Labels, changed.Annotations, changed.Spec
	}
	return p.newRequest(kind, object.ObjectMeta, object, old)
}

func (p picker) plainObject() *plainObject {
	o := &plainObject{ObjectMeta: metav1.ObjectMeta{
		Namespace: []string{"acme-chat", "acme-chat", "acme-search", "acme-leaving", "globex-research", "shop", "higress-system", "higress-system"}[p.IntN(8)],
		Name:      p.of("mine", "mine", "tollgate-auth", "default"), Labels: map[string]string{}, Annotations: map[string]string{},
	}}
	if p.one(3) {
		o.Labels["tollgate.dev/organization"] = p.of("acme", "globex", "nowhere", "")
	}
	if p.one(8) {
		o.Labels[p.of("app", "app.kubernetes.io/managed-by")] = p.of("x", "higress", "tollgate")
	}
	if p.one(8) {
		o.Annotations["description"] = p.of("x", "${secret.a.b}", "a\nb")
	}
	if !p.one(8) {
		o.Spec = map[string]any{"workloadSelector": map[string]any{"labels": map[string]any{"app": p.of("web", "higress-gateway", "")}}}
	}
	return o
}

// platformEscapes says why somebody may not write what only administrators,
// Tollgate's controller, the console and Kubernetes itself write. Where nobody
// asks, what the platform has in the gateway's namespace is its own.
func platformEscapes(t *testing.T, r request) []string {
	t.Helper()
	platforms := r.by.name == "" && r.namespace == "higress-system" && r.owner(t) == ""
	if !r.by.tenant() || platforms || !r.says(t) {
		return nil
	}
	return []string{"an object of the platform, by " + r.by.name}
}
