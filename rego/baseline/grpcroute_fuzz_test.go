package baseline_test

import (
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// FuzzGRPCRoute holds the verdict on GRPCRoutes against the oracle.
func FuzzGRPCRoute(f *testing.F) {
	fuzzRoutes(f, routeKind("v1", "GRPCRoute"), [3]string{"www.acme.example", "web", "globex"}, picker.grpcRoute, grpcRouteEscapes, beyondScope()...)
}

func (p picker) grpcRoute() *gatewayv1.GRPCRoute {
	route := &gatewayv1.GRPCRoute{}
	route.ObjectMeta, p = p.routeMeta("api", "llm", "half", "draft", "tollgate-llm", "a.consumer.b", "api.v1")
	route.Spec.CommonRouteSpec, route.Spec.Hostnames = p.parents(), p.hostnames()
	route.Spec.Rules = some(p, 2, func() gatewayv1.GRPCRouteRule {
		return gatewayv1.GRPCRouteRule{Matches: some(p, 2, p.grpcMatch), Filters: some(p, 1, p.grpcFilter), BackendRefs: some(p, 2, func() gatewayv1.GRPCBackendRef {
			ref := gatewayv1.GRPCBackendRef{Filters: some(p, 1, p.grpcFilter)}
			ref.BackendObjectReference = p.backend()
			return ref
		})}
	})
	return route
}

func (p picker) grpcMatch() gatewayv1.GRPCRouteMatch {
	match := gatewayv1.GRPCRouteMatch{Headers: some(p, 1, func() gatewayv1.GRPCHeaderMatch {
		return gatewayv1.GRPCHeaderMatch{Name: gatewayv1.GRPCHeaderName(p.header()), Value: "v"}
	})}
	if p.one(6) {
		return match // every method
	}
	method := &gatewayv1.GRPCMethodMatch{}
	switch {
	case p.one(3):
		service := "globex" // where globex has routes
		method.Service = &service
	case !p.one(5):
		service := p.of("acme.Chat", "acme.Chat", "globex", "exact", "Globex", "", "shared/globex", "${secret.a.b}", "a\nb")
		method.Service = &service
	}
	if p.one(2) {
		name := p.of("Ask", "x", "y", "", ".*")
		method.Method = &name
	}
	if p.one(2) {
		kind := gatewayv1.GRPCMethodMatchType(p.of("Exact", "Exact", "RegularExpression"))
		method.Type = &kind
	}
	match.Method = method
	return match
}

func (p picker) grpcFilter() gatewayv1.GRPCRouteFilter {
	filter := p.filter()
	return gatewayv1.GRPCRouteFilter{
		Type: gatewayv1.GRPCRouteFilterType(filter.Type), RequestMirror: filter.RequestMirror,
		RequestHeaderModifier: filter.RequestHeaderModifier, ResponseHeaderModifier: filter.ResponseHeaderModifier,
	}
}

// grpcRouteEscapes says what a GRPCRoute reaches that is not its owner's. No
// guard and no ReferenceGrant of the cluster is for one.
func grpcRouteEscapes(by requester, route *gatewayv1.GRPCRoute) []string {
	asked := asked{meta: route.ObjectMeta, object: route, spec: route.Spec, parents: route.Spec.CommonRouteSpec, hostnames: route.Spec.Hostnames}
	for _, rule := range route.Spec.Rules {
		var r askedRule
		for _, m := range rule.Matches {
			r.paths = append(r.paths, grpcPath(m.Method))
			for _, h := range m.Headers {
				r.headers = append(r.headers, string(h.Name))
			}
		}
		filters := rule.Filters
		for _, b := range rule.BackendRefs {
			r.backends = append(r.backends, b.BackendObjectReference)
			filters = append(filters, b.Filters...)
		}
		for _, f := range filters {
			r.filters = append(r.filters, gatewayv1.HTTPRouteFilter{
				Type: gatewayv1.HTTPRouteFilterType(f.Type), RequestMirror: f.RequestMirror,
				RequestHeaderModifier: f.RequestHeaderModifier, ResponseHeaderModifier: f.ResponseHeaderModifier,
			})
		}
		asked.rules = append(asked.rules, r)
	}
	return asked.escapes(by)
}

// grpcPath is where the calls of a match go: /service/method.
func grpcPath(m *gatewayv1.GRPCMethodMatch) wants {
	if m == nil {
		return wants{path: "/", kind: "Prefix"}
	}
	service, method := deref(m.Service), deref(m.Method)
	switch regex := m.Type != nil && *m.Type == gatewayv1.GRPCMethodMatchRegularExpression; {
	case service != "" && method != "" && !regex:
		return wants{path: "/" + service + "/" + method, kind: "Exact"}
	case service != "" && method == "" && !regex:
		return wants{path: "/" + service, kind: "Prefix"}
	case service == "":
		service = "[^/]+"
	}
	if method == "" {
		method = ".+"
	}
	return wants{path: "/" + service + "/" + method, kind: "Regex"}
}

func deref[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}
