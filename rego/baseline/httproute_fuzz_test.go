package baseline_test

import (
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// FuzzHTTPRoute holds the verdict on HTTPRoutes against the oracle.
func FuzzHTTPRoute(f *testing.F) {
	fuzzRoutes(f, routeKind("v1", "HTTPRoute"), [3]string{"www.acme.example", "web", "5"}, picker.httpRoute, httpRouteEscapes, beyondScope()...)
}

func (p picker) httpRoute() *gatewayv1.HTTPRoute {
	route := &gatewayv1.HTTPRoute{}
	route.ObjectMeta, p = p.routeMeta("web", "llm", "half", "draft", "tollgate-llm", "a.consumer.b", "web.v1")
	route.Spec.CommonRouteSpec, route.Spec.Hostnames = p.parents(), p.hostnames()
	route.Spec.Rules = some(p, 2, func() gatewayv1.HTTPRouteRule {
		return gatewayv1.HTTPRouteRule{Matches: some(p, 2, p.match), Filters: some(p, 1, p.filter), BackendRefs: some(p, 2, func() gatewayv1.HTTPBackendRef {
			ref := gatewayv1.HTTPBackendRef{Filters: some(p, 1, p.filter)}
			ref.BackendObjectReference = p.backend()
			return ref
		})}
	})
	return route
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

func (p picker) filter() gatewayv1.HTTPRouteFilter {
	headers := func() *gatewayv1.HTTPHeaderFilter {
		list := func() []gatewayv1.HTTPHeader {
			return some(p, 1, func() gatewayv1.HTTPHeader {
				return gatewayv1.HTTPHeader{Name: gatewayv1.HTTPHeaderName(p.header()), Value: p.of("v", "${secret.a.b}", "x-mse-consumer", "a\nb")}
			})
		}
		return &gatewayv1.HTTPHeaderFilter{Set: list(), Add: list(), Remove: some(p, 1, p.header)}
	}
	switch p.IntN(7) {
	case 6:
		return gatewayv1.HTTPRouteFilter{Type: "CORS", CORS: &gatewayv1.HTTPCORSFilter{
			AllowOrigins: []gatewayv1.CORSOrigin{gatewayv1.CORSOrigin(p.of("https://www.acme.example", "https://*.acme.example", "*", "https://*.(a", "https://**"))},
		}}
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
	asked := asked{meta: route.ObjectMeta, object: route, spec: route.Spec, parents: route.Spec.CommonRouteSpec, hostnames: route.Spec.Hostnames}
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
