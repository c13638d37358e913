package baseline_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// FuzzHTTPRoute holds the verdict on HTTPRoutes against the oracle.
func FuzzHTTPRoute(f *testing.F) {
	w := newWorld(f)
	for seed := range uint64(600) {
		f.Add(seed, "www.acme.example", "web", "5")
	}
	f.Fuzz(func(t *testing.T, seed uint64, a, b, c string) {
		p := newPicker(seed, a, b, c)
		route := same(t, p.httpRoute())
		by := p.by()
		verdict := w.create(t, by, metav1.GroupVersionKind{Group: gatewayv1.GroupName, Version: "v1", Kind: "HTTPRoute"}, route.ObjectMeta, route)
		compare(t, route, verdict, httpRouteEscapes(by, route), beyondScope()...)
	})
}

func (p picker) httpRoute() *gatewayv1.HTTPRoute {
	route := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{
		Namespace: p.namespace(),
		Name:      p.of("web", "web", "llm", "half", "draft", "tollgate-llm", "a.consumer.b", "web.v1"),
		Labels:    map[string]string{},
	}}
	p = p.in(route.Namespace)
	if p.one(12) {
		route.Labels["tollgate.dev/organization"] = p.of("acme", "globex", "")
	}
	for range 1 + p.IntN(2) {
		route.Spec.ParentRefs = append(route.Spec.ParentRefs, p.parent())
	}
	for range p.IntN(3) {
		route.Spec.Hostnames = append(route.Spec.Hostnames, gatewayv1.Hostname(p.host()))
	}
	route.Spec.Rules = some(p, 2, func() gatewayv1.HTTPRouteRule {
		return gatewayv1.HTTPRouteRule{Matches: some(p, 2, p.match), Filters: some(p, 1, p.filter), BackendRefs: some(p, 2, func() gatewayv1.HTTPBackendRef {
			ref := gatewayv1.HTTPBackendRef{Filters: some(p, 1, p.filter)}
			ref.BackendObjectReference = p.backend()
			return ref
		})}
	})
	return route
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

func (p picker) match() gatewayv1.HTTPRouteMatch {
	kind := gatewayv1.PathMatchType(p.of("PathPrefix", "PathPrefix", "Exact", "RegularExpression"))
	value := p.path()
	return gatewayv1.HTTPRouteMatch{
		Path: &gatewayv1.HTTPPathMatch{Type: &kind, Value: &value},
		Headers: some(p, 1, func() gatewayv1.HTTPHeaderMatch {
			return gatewayv1.HTTPHeaderMatch{Name: gatewayv1.HTTPHeaderName(p.header()), Value: "v"}
		}),
	}
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

func (p picker) filter() gatewayv1.HTTPRouteFilter {
	headers := func() *gatewayv1.HTTPHeaderFilter {
		list := func() []gatewayv1.HTTPHeader {
			return some(p, 1, func() gatewayv1.HTTPHeader {
				return gatewayv1.HTTPHeader{Name: gatewayv1.HTTPHeaderName(p.header()), Value: p.of("v", "${secret.a.b}", "x-mse-consumer", "a\nb")}
			})
		}
		return &gatewayv1.HTTPHeaderFilter{Set: list(), Add: list(), Remove: some(p, 1, p.header)}
	}
	switch p.IntN(6) {
	case 0:
		return gatewayv1.HTTPRouteFilter{Type: "RequestHeaderModifier", RequestHeaderModifier: headers()}
	case 1:
		return gatewayv1.HTTPRouteFilter{Type: "ResponseHeaderModifier", ResponseHeaderModifier: headers()}
	case 2:
		return gatewayv1.HTTPRouteFilter{Type: "RequestMirror", RequestMirror: &gatewayv1.HTTPRequestMirrorFilter{BackendRef: p.backend()}}
	case 3:
		name := gatewayv1.PreciseHostname(p.of(p.host(), p.service()))
		return gatewayv1.HTTPRouteFilter{Type: "URLRewrite", URLRewrite: &gatewayv1.HTTPURLRewriteFilter{Hostname: &name}}
	case 4:
		name := gatewayv1.PreciseHostname(p.host())
		return gatewayv1.HTTPRouteFilter{Type: "RequestRedirect", RequestRedirect: &gatewayv1.HTTPRequestRedirectFilter{Hostname: &name}}
	}
	return gatewayv1.HTTPRouteFilter{Type: gatewayv1.HTTPRouteFilterType(p.of("ExtensionRef", "CORS", "Tomorrow"))}
}

// httpRouteEscapes says what an HTTPRoute reaches that is not its owner's.
func httpRouteEscapes(by requester, route *gatewayv1.HTTPRoute) []string {
	asked := asked{meta: route.ObjectMeta, object: route, spec: route.Spec, parents: route.Spec.ParentRefs, hostnames: route.Spec.Hostnames}
	asked.granted = route.Namespace == "acme-chat"
	asked.guarded = route.Namespace == "acme-chat" && route.Name == "llm"
	asked.twin = route.Namespace == "acme-chat" && route.Name == "draft"
	for _, rule := range route.Spec.Rules {
		r := askedRule{filters: rule.Filters}
		for _, m := range rule.Matches {
			kind := map[gatewayv1.PathMatchType]string{"Exact": "Exact", "RegularExpression": "Regex"}[*m.Path.Type]
			if kind == "" {
				kind = "Prefix"
			}
			r.paths = append(r.paths, wants{path: *m.Path.Value, kind: kind})
			for _, h := range m.Headers {
				r.headers = append(r.headers, string(h.Name))
			}
		}
		for _, b := range rule.BackendRefs {
			r.backends = append(r.backends, b.BackendObjectReference)
			r.filters = append(r.filters, b.Filters...)
		}
		asked.rules = append(asked.rules, r)
	}
	return asked.escapes(by)
}
