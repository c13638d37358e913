package baseline_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// backendPolicy is a BackendTLSPolicy or an XBackendTrafficPolicy.
type backendPolicy struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              map[string]any `json:"spec"`
}

// FuzzBackendTLSPolicy holds the verdict on BackendTLSPolicies against the oracle.
func FuzzBackendTLSPolicy(f *testing.F) {
	fuzzRoutes(f, routeKind("v1", "BackendTLSPolicy"), [3]string{"web", "spiffe://a/b", "k"}, func(p picker) *backendPolicy {
		return p.backendPolicy(map[string]any{"validation": map[string]any{
			"hostname":        p.of("web.acme.example", "${secret.globex-research/openai.key}", "a\nb"),
			"subjectAltNames": []any{map[string]any{"type": "URI", "uri": p.of("spiffe://acme/web", "$ {a}", "x${secret.a/b.c}", "a\u2028b", "a\x7fb")}},
		}, "options": map[string]any{p.of("k", "${", "a\tb"): "v"}})
	}, backendPolicyEscapes)
}

// FuzzXBackendTrafficPolicy holds the verdict on XBackendTrafficPolicies against the oracle.
func FuzzXBackendTrafficPolicy(f *testing.F) {
	kind := metav1.GroupVersionKind{Group: "gateway.networking.x-k8s.io", Version: "v1alpha1", Kind: "XBackendTrafficPolicy"}
	fuzzRoutes(f, kind, [3]string{"web", "cookie", "10s"}, func(p picker) *backendPolicy {
		spec := map[string]any{"sessionPersistence": map[string]any{"sessionName": p.of("session", "${secret.a/b.c}", "a\rb")}}
		retries := map[string]any{}
		if !p.one(3) {
			retries["budget"] = p.without("percent", map[string]any{"percent": 20, "interval": p.of("10s")})
		}
		if !p.one(3) {
			retries["minRetryRate"] = p.without("count", map[string]any{"count": 10, "interval": p.of("1s")})
		}
		if len(retries) > 0 {
			spec["retryConstraint"] = retries
		}
		return p.backendPolicy(spec)
	}, backendPolicyEscapes)
}

// without takes a member away now and then.
func (p picker) without(member string, of map[string]any) map[string]any {
	if p.one(8) {
		delete(of, member)
	}
	return of
}

func (p picker) backendPolicy(spec map[string]any) *backendPolicy {
	spec["targetRefs"] = []any{map[string]any{"group": "", "kind": "Service", "name": p.of("web", "${a.b.c}")}}
	return &backendPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: p.namespace(), Name: "web"}, Spec: spec}
}

// backendPolicyEscapes says what of a policy of backends reads Secrets or stops
// the gateway's controller.
func backendPolicyEscapes(by requester, b *backendPolicy) []string {
	s := scopeOf(by, b.Namespace, nil)
	if s == nil {
		return nil
	}
	s.escapes = nil // nothing is asked here but what the object says
	s.text(b.Spec)
	s.controls(b.Spec)
	retries, _ := b.Spec["retryConstraint"].(map[string]any)
	for part, member := range map[string]string{"budget": "percent", "minRetryRate": "count"} {
		if given, ok := retries[part].(map[string]any); ok && given[member] == nil {
			s.escape("a rate of nothing")
		}
	}
	return s.escapes
}
