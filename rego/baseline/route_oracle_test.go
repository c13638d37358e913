package baseline_test

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// asked is what a route of Gateway API asks for, HTTPRoute or GRPCRoute, as far
// as the oracle judges both in the same way.
type asked struct {
	meta         metav1.ObjectMeta
	object, spec any
	parents      gatewayv1.CommonRouteSpec
	hostnames    []gatewayv1.Hostname
	rules        []askedRule
	granted      bool // the ReferenceGrant of testdata/tenants.yaml is for such a route
	guarded      bool // every guard has a rule for the route
	twin         bool // plugins cannot tell it from the Ingress draft, which reaches a provider
}

type askedRule struct {
	paths    []wants  // without host; none stand for all
	headers  []string // that the route is chosen by
	backends []gatewayv1.BackendObjectReference
	filters  []gatewayv1.HTTPRouteFilter
}

// escapes says what a route reaches that is not its owner's.
func (a asked) escapes(by requester) []string {
	s := scopeOf(by, a.meta.Namespace, a.meta.Labels)
	if s == nil {
		return nil
	}
	hosts, served := s.parents(a.parents)
	if !served {
		if by.name != "" && a.meta.Labels["tollgate.dev/organization"] != "" {
			return []string{"a route of another controller's Gateway pretends to have been judged"}
		}
		return nil
	}
	if s.gateway {
		s.escape("a route of a tenant in the gateway's namespace")
	}
	s.text(a.object)
	s.name(a.meta.Name)
	s.controls(a.spec)
	if len(a.hostnames) > 0 {
		hosts = nil
		for _, h := range a.hostnames {
			hosts = append(hosts, string(h))
		}
	}
	for _, h := range hosts {
		s.host(h)
	}
	metered, elsewhere := false, false
	reach := func(b gatewayv1.BackendObjectReference) {
		provider := s.backend(b, a.granted)
		metered, elsewhere = metered || provider, elsewhere || !provider
	}
	for _, rule := range a.rules {
		s.captures(rule.claims(hosts))
		for _, h := range rule.headers {
			s.chosenBy(h)
		}
		for _, b := range rule.backends {
			reach(b)
		}
		for _, filter := range rule.filters {
			if filter.RequestMirror != nil {
				reach(filter.RequestMirror.BackendRef)
			}
			s.filter(filter)
		}
	}
	if metered && !a.guarded {
		s.escape("no guard knows the route")
	}
	if a.twin && elsewhere {
		s.escape("the provider's key of the Ingress draft")
	}
	return s.escapes
}

// claims are the rule's paths on each host.
func (r askedRule) claims(hosts []string) []wants {
	paths := r.paths
	if len(paths) == 0 {
		paths = []wants{{path: "/", kind: "Prefix"}}
	}
	var all []wants
	for _, h := range hosts {
		for _, p := range paths {
			all = append(all, wants{h, p.path, p.kind})
		}
	}
	return all
}

// parents returns the hosts of the listeners that a route is attached to and
// whether one of its parents is Higress's, or may become so.
func (s *scope) parents(spec gatewayv1.CommonRouteSpec) (hosts []string, served bool) {
	if d := spec.UseDefaultGateways; d != "" && d != "None" {
		served = true
		if s.owner != "" {
			hosts = append(hosts, "")
		}
	}
	known := map[string]map[string]string{
		"higress-system/shared": {"all": ""},
		"acme-chat/own":         {"web": "*.acme.example", "other": "www.globex.example"},
		"mesh/mesh":             nil,
	}
	for _, ref := range spec.ParentRefs {
		group, kind, namespace := gatewayv1.GroupName, "Gateway", s.namespace
		if ref.Group != nil {
			group = string(*ref.Group)
		}
		if ref.Kind != nil {
			kind = string(*ref.Kind)
		}
		if ref.Namespace != nil {
			namespace = string(*ref.Namespace)
		}
		if group == "" && kind == "Service" {
			continue
		}
		listeners, exists := known[namespace+"/"+string(ref.Name)]
		if group != gatewayv1.GroupName || kind != "Gateway" {
			exists = false
		}
		if exists && listeners == nil {
			continue // of another controller
		}
		served = true
		before := len(hosts)
		for name, host := range listeners {
			if exists && (ref.SectionName == nil || string(*ref.SectionName) == "" || string(*ref.SectionName) == name) {
				hosts = append(hosts, host)
			}
		}
		if len(hosts) == before && s.owner != "" {
			hosts = append(hosts, "") // nobody knows which hosts it will have
		}
	}
	return hosts, served
}

// backend judges a backend and reports whether it is metered; granted says
// whether a ReferenceGrant is about such routes.
func (s *scope) backend(ref gatewayv1.BackendObjectReference, granted bool) (metered bool) {
	group, kind := "", "Service"
	if ref.Group != nil {
		group = string(*ref.Group)
	}
	if ref.Kind != nil {
		kind = string(*ref.Kind)
	}
	metered = group == "networking.istio.io" || group == "networking.higress.io"
	switch group + "/" + kind {
	case "/Service", "inference.networking.k8s.io/InferencePool", "inference.networking.x-k8s.io/InferencePool":
		namespace := s.namespace
		if ref.Namespace != nil {
			namespace = string(*ref.Namespace)
		}
		lent := granted && namespace == "globex-research" && group == "" && ref.Name == "granted"
		if !s.own(namespace) && !lent {
			s.escape("a backend in " + namespace)
		}
	case "networking.istio.io/Hostname", "networking.higress.io/Service":
		if !s.service(string(ref.Name)) {
			s.escape("the service " + string(ref.Name))
		}
	default:
		s.escape("a backend of kind " + group + "/" + kind)
	}
	return metered
}

func (s *scope) filter(filter gatewayv1.HTTPRouteFilter) {
	for _, m := range []*gatewayv1.HTTPHeaderFilter{filter.RequestHeaderModifier, filter.ResponseHeaderModifier} {
		if m == nil {
			continue
		}
		names := m.Remove
		for _, h := range append(m.Set, m.Add...) {
			names = append(names, string(h.Name))
		}
		for _, name := range names {
			if platforms(name) {
				s.escape("the header " + name)
			}
		}
	}
	if r := filter.URLRewrite; r != nil && r.Hostname != nil && !owns(s.owner, string(*r.Hostname)) && !s.service(string(*r.Hostname)) {
		s.escape("rewrites to " + string(*r.Hostname))
	}
	if filter.CORS != nil {
		for _, origin := range filter.CORS.AllowOrigins {
			if strings.Contains(string(origin), "(") || strings.Contains(string(origin), "**") {
				s.escape("the origin " + string(origin))
			}
		}
	}
	if s.owner != "" && !strings.Contains(" RequestHeaderModifier ResponseHeaderModifier RequestRedirect URLRewrite RequestMirror CORS ", " "+string(filter.Type)+" ") {
		s.escape("a filter of type " + string(filter.Type))
	}
}
