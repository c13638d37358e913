package baseline_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// rawRoute is a TLSRoute, a TCPRoute or a UDPRoute: of one shape, but that only
// the first has hostnames.
type rawRoute struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              rawRouteSpec `json:"spec"`
}

type rawRouteSpec struct {
	gatewayv1.CommonRouteSpec `json:",inline"`
	Hostnames                 []gatewayv1.Hostname `json:"hostnames,omitempty"`
	Rules                     []rawRouteRule       `json:"rules"`
}

type rawRouteRule struct {
	Name        gatewayv1.SectionName  `json:"name,omitempty"`
	BackendRefs []gatewayv1.BackendRef `json:"backendRefs,omitempty"`
}

// FuzzTLSRoute holds the verdict on TLSRoutes against the oracle.
func FuzzTLSRoute(f *testing.F) {
	fuzzRoutes(f, routeKind("v1", "TLSRoute"), [3]string{"www.shop.example", "tls", "web"},
		func(p picker) *rawRoute { return p.rawRoute(true) },
		func(by requester, r *rawRoute) []string { return rawRouteEscapes(by, r, true) })
}

// FuzzTCPRoute holds the verdict on TCPRoutes against the oracle.
func FuzzTCPRoute(f *testing.F) { fuzzPortRoutes(f, "TCPRoute") }

// FuzzUDPRoute holds the verdict on UDPRoutes against the oracle.
func FuzzUDPRoute(f *testing.F) { fuzzPortRoutes(f, "UDPRoute") }

// fuzzPortRoutes is about routes that have a port and no hosts.
func fuzzPortRoutes(f *testing.F, kind string) {
	fuzzRoutes(f, routeKind("v1alpha2", kind), [3]string{"dns", "raw", "web"},
		func(p picker) *rawRoute { return p.rawRoute(false) },
		func(by requester, r *rawRoute) []string { return rawRouteEscapes(by, r, false) })
}

func (p picker) rawRoute(hosts bool) *rawRoute {
	route := &rawRoute{ObjectMeta: metav1.ObjectMeta{Namespace: p.namespace(), Name: p.of("raw", "raw", "raw.v1"), Labels: map[string]string{}, Annotations: map[string]string{}}}
	if !p.one(3) {
		route.Namespace = "shop" // where a TLSRoute may pass
	}
	p = p.in(route.Namespace)
	if route.Namespace == "higress-system" && p.one(2) {
		route.Labels["tollgate.dev/organization"] = []string{"acme", "globex"}[p.IntN(2)]
	}
	if p.one(16) {
		route.Annotations["description"] = p.of("x", "${secret.a.b}", "a\nb")
	}
	route.Spec.CommonRouteSpec = p.parents()
	if hosts && !p.one(8) {
		route.Spec.Hostnames = append(p.hostnames(), "www.shop.example")
	}
	route.Spec.Rules = some(p, 2, func() rawRouteRule {
		return rawRouteRule{Name: gatewayv1.SectionName(p.of("r", "r", "${a.b.c}", "a\tb")), BackendRefs: some(p, 2, func() gatewayv1.BackendRef {
			return gatewayv1.BackendRef{BackendObjectReference: p.backend()}
		})}
	})
	return route
}

// rawRouteEscapes says what a route of connections takes that is not its owner's.
func rawRouteEscapes(by requester, r *rawRoute, hosts bool) []string {
	s := scopeOf(by, r.Namespace, r.Labels)
	if s == nil {
		return nil
	}
	if _, served := s.parents(r.Spec.CommonRouteSpec); !served {
		return nil
	}
	s.text(r)
	s.controls(r.Spec)
	switch {
	case s.gateway && s.owner == "":
		s.escape("an object of the platform")
	case s.owner != "":
		s.escape("connections that nobody sees, for a tenant")
	case !hosts:
		s.escape("a port that all share")
	case len(r.Spec.Hostnames) == 0:
		s.escape("everybody's connections")
	}
	for _, h := range r.Spec.Hostnames {
		s.host(string(h))
		if h == "" || h == "*" || h == "*." {
			s.escape("everybody's connections")
		}
	}
	for _, rule := range r.Spec.Rules {
		for _, b := range rule.BackendRefs {
			s.serviceOnly(b.BackendObjectReference)
		}
	}
	return s.escapes
}

// serviceOnly judges a backend of connections: a Service of the same namespace.
func (s *scope) serviceOnly(ref gatewayv1.BackendObjectReference) {
	if deref(ref.Group) != "" || ref.Kind != nil && *ref.Kind != "Service" {
		s.escape("a backend that is no Service")
	}
	if ref.Namespace != nil && !s.own(string(*ref.Namespace)) {
		s.escape("a backend in " + string(*ref.Namespace))
	}
}
