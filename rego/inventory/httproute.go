package inventory

import (
	"cmp"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"tollgate.dev/tollgate/rego/settings"
)

// The kinds of backends that lead out of Kubernetes, to a provider.
// Source: contract section 7.
const (
	higressNetworking = "networking.higress.io"
	istioNetworking   = "networking.istio.io"
	hostnameKind      = "Hostname"
)

func parseHTTPRoute(u *unstructured.Unstructured, s *settings.Settings) any {
	r := read[gatewayv1.HTTPRoute](u)
	f := &routeFacts{
		Owner:   ownerLabel(r.Labels),
		Parents: parents(r.Spec.CommonRouteSpec, u.GetNamespace()),
		Names:   []string{routeName(s, u.GetNamespace(), u.GetName())},
		Secrets: pastedSecrets(u, s.Gateway.Namespace),
	}
	hosts := routeHosts(r.Spec.Hostnames)
	for _, rule := range r.Spec.Rules {
		paths := []routeRule{}
		for _, m := range rule.Matches {
			p := routeRule{Path: "/", PathType: string(gatewayv1.PathMatchPathPrefix)}
			if m.Path != nil {
				p.Path = cmp.Or(deref(m.Path.Value), "/")
				p.PathType = cmp.Or(string(deref(m.Path.Type)), p.PathType)
			}
			paths = append(paths, p)
		}
		f.add(hosts, paths)
		for _, b := range rule.BackendRefs {
			f.Metered = f.Metered || leadsOut(b.BackendObjectReference)
			f.mirrors(b.Filters)
		}
		f.mirrors(rule.Filters)
	}
	if len(r.Spec.Rules) == 0 { // the API server's default: one rule that takes everything
		f.add(hosts, nil)
	}
	return f
}

func (f *routeFacts) mirrors(filters []gatewayv1.HTTPRouteFilter) {
	for _, filter := range filters {
		if filter.RequestMirror != nil {
			f.Metered = f.Metered || leadsOut(filter.RequestMirror.BackendRef)
		}
	}
}

func parseGRPCRoute(u *unstructured.Unstructured, s *settings.Settings) any {
	r := read[gatewayv1.GRPCRoute](u)
	f := &routeFacts{
		Owner:   ownerLabel(r.Labels),
		Parents: parents(r.Spec.CommonRouteSpec, u.GetNamespace()),
		Names:   []string{"GRPC/" + routeName(s, u.GetNamespace(), u.GetName())},
		Secrets: pastedSecrets(u, s.Gateway.Namespace),
	}
	hosts := routeHosts(r.Spec.Hostnames)
	for _, rule := range r.Spec.Rules {
		paths := []routeRule{}
		for _, m := range rule.Matches {
			paths = append(paths, methodPath(m.Method))
		}
		f.add(hosts, paths)
		for _, b := range rule.BackendRefs {
			f.Metered = f.Metered || leadsOut(b.BackendObjectReference)
			f.grpcMirrors(b.Filters)
		}
		f.grpcMirrors(rule.Filters)
	}
	if len(r.Spec.Rules) == 0 {
		f.add(hosts, nil)
	}
	return f
}

func (f *routeFacts) grpcMirrors(filters []gatewayv1.GRPCRouteFilter) {
	for _, filter := range filters {
		if filter.RequestMirror != nil {
			f.Metered = f.Metered || leadsOut(filter.RequestMirror.BackendRef)
		}
	}
}

// methodPath is the path of gRPC requests: /service/method.
func methodPath(m *gatewayv1.GRPCMethodMatch) routeRule {
	any := routeRule{Path: "/", PathType: string(gatewayv1.PathMatchPathPrefix)}
	if m == nil || deref(m.Service) == "" {
		return any
	}
	if deref(m.Type) == gatewayv1.GRPCMethodMatchRegularExpression {
		return routeRule{Path: "/" + *m.Service + "/" + cmp.Or(deref(m.Method), ".+"), PathType: string(gatewayv1.PathMatchRegularExpression)}
	}
	if deref(m.Method) == "" {
		return routeRule{Path: "/" + *m.Service, PathType: string(gatewayv1.PathMatchPathPrefix)}
	}
	return routeRule{Path: "/" + *m.Service + "/" + *m.Method, PathType: string(gatewayv1.PathMatchExact)}
}

// add adds a rule's paths on every host; none stand for all.
func (f *routeFacts) add(hosts []string, paths []routeRule) {
	if len(paths) == 0 {
		paths = []routeRule{{Path: "/", PathType: string(gatewayv1.PathMatchPathPrefix)}}
	}
	for _, host := range hosts {
		for _, p := range paths {
			f.Rules = append(f.Rules, routeRule{host, p.Path, p.PathType})
		}
	}
}

func routeHosts(hostnames []gatewayv1.Hostname) []string {
	if len(hostnames) == 0 {
		return []string{AnyHost}
	}
	out := make([]string, len(hostnames))
	for i, h := range hostnames {
		out[i] = NormalHost(string(h))
	}
	return out
}

// parents are the Gateways that a route asks for; a Service (of a mesh) is none.
// Which Gateways are default ones may change at any time, so that they are opaque.
func parents(spec gatewayv1.CommonRouteSpec, namespace string) []parentRef {
	out := []parentRef{}
	if d := spec.UseDefaultGateways; d != "" && d != gatewayv1.GatewayDefaultScopeNone {
		out = append(out, parentRef{Opaque: true})
	}
	for _, ref := range spec.ParentRefs {
		group := cmp.Or(string(deref(ref.Group)), gatewayv1.GroupName)
		if ref.Group != nil && *ref.Group == "" {
			group = ""
		}
		kind := cmp.Or(string(deref(ref.Kind)), "Gateway")
		p := parentRef{
			Gateway: cmp.Or(string(deref(ref.Namespace)), namespace) + "/" + string(ref.Name),
			Section: string(deref(ref.SectionName)),
			Port:    int32(deref(ref.Port)),
		}
		switch {
		case group == "" && kind == "Service":
			continue
		case group != gatewayv1.GroupName || kind != "Gateway":
			p.Opaque = true
		}
		out = append(out, p)
	}
	return out
}

func leadsOut(ref gatewayv1.BackendObjectReference) bool {
	group := string(deref(ref.Group))
	return group == higressNetworking || group == istioNetworking && deref(ref.Kind) == hostnameKind
}
