package baseline_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// fuzzRoutes holds the verdict on routes of the Gateway API against the oracle,
// which says what a route reaches that is not its owner's. loose names policies
// that may refuse more than the oracle knows of.
func fuzzRoutes[T any, R interface {
	*T
	metav1.Object
}](f *testing.F, kind metav1.GroupVersionKind, words [3]string, route func(picker) R, escapes func(requester, R) []string, loose ...string) {
	w := newWorld(f)
	for seed := range uint64(600) {
		f.Add(seed, words[0], words[1], words[2])
	}
	f.Fuzz(func(t *testing.T, seed uint64, a, b, c string) {
		p := newPicker(seed, a, b, c)
		r := R(same(t, (*T)(route(p))))
		by := p.by()
		verdict := w.create(t, by, kind, metav1.ObjectMeta{Namespace: r.GetNamespace(), Name: r.GetName()}, r)
		compare(t, r, verdict, escapes(by, r), loose...)
	})
}

func routeKind(version, kind string) metav1.GroupVersionKind {
	return metav1.GroupVersionKind{Group: gatewayv1.GroupName, Version: version, Kind: kind}
}

// routeMeta names a route, and returns the picker for the rest of it.
func (p picker) routeMeta(names ...string) (metav1.ObjectMeta, picker) {
	meta := metav1.ObjectMeta{Namespace: p.namespace(), Name: p.of(append(names[:1:1], names...)...), Labels: map[string]string{}}
	p = p.in(meta.Namespace)
	if p.one(12) {
		meta.Labels["tollgate.dev/organization"] = p.of("acme", "globex", "")
	}
	return meta, p
}

func (p picker) parents() gatewayv1.CommonRouteSpec {
	var spec gatewayv1.CommonRouteSpec
	if p.one(16) {
		spec.UseDefaultGateways = gatewayv1.GatewayDefaultScope(p.of("None", "All", ""))
	}
	if spec.UseDefaultGateways == "" || p.one(2) {
		spec.ParentRefs = append(spec.ParentRefs, p.parent())
	}
	if p.one(2) {
		spec.ParentRefs = append(spec.ParentRefs, p.parent())
	}
	return spec
}

func (p picker) parent() gatewayv1.ParentReference {
	ref := gatewayv1.ParentReference{Name: gatewayv1.ObjectName(p.of("shared", "shared", "own", "mesh", "later"))}
	namespace := gatewayv1.Namespace(p.of("higress-system", "higress-system", "acme-chat", "mesh"))
	if !p.one(8) {
		ref.Namespace = &namespace
	}
	if p.one(6) {
		section := gatewayv1.SectionName(p.of("web", "other", "all", "none"))
		ref.SectionName = &section
	}
	if p.one(8) {
		kind, group := gatewayv1.Kind(p.of("Service", "Gateway", "ListenerSet")), gatewayv1.Group(p.of("", "gateway.networking.k8s.io"))
		ref.Kind, ref.Group = &kind, &group
	}
	return ref
}

func (p picker) hostnames() []gatewayv1.Hostname {
	return some(p, 2, func() gatewayv1.Hostname { return gatewayv1.Hostname(p.host()) })
}

func (p picker) backend() gatewayv1.BackendObjectReference {
	ref := gatewayv1.BackendObjectReference{Name: gatewayv1.ObjectName(p.of("web", "web", "granted"))}
	if p.one(3) {
		namespace := gatewayv1.Namespace(p.of("acme-search", "globex-research", "globex-research", "kube-system", "higress-system", "shop"))
		ref.Namespace = &namespace
	}
	if p.one(4) {
		group, kind := gatewayv1.Group(p.of("networking.istio.io", "networking.higress.io", "inference.networking.k8s.io", "", "x")), gatewayv1.Kind(p.of("Hostname", "Service", "InferencePool", "ConfigMap"))
		ref.Group, ref.Kind = &group, &kind
		if kind != "InferencePool" {
			ref.Name = gatewayv1.ObjectName(p.service())
		}
	}
	return ref
}
