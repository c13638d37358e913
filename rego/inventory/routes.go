package inventory

import (
	"reflect"

	"github.com/open-policy-agent/opa/v1/ast"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/tenancy"
)

// routeFacts is what is kept of an Ingress, HTTPRoute or GRPCRoute, whoever
// serves it.
type routeFacts struct {
	owner string // the ownership label
	// classes of an Ingress.
	classes []string
	// parents of a route of the Gateway API; nil for an Ingress.
	parents []parentRef
	rules   []routeRule
	names   []string // as Higress names routes
	metered bool
	canary  bool
	secrets []secretUse
}

// routeRule is one host and path that a route takes.
type routeRule struct{ host, path, pathType string }

// hostRoute is an element of data.tollgate.host_route[host]. Its term is made
// once: thousands of routes may share a host, or have none.
type hostRoute struct{ term *ast.Term }

// namedRoute is what stands at data.tollgate.route[route name].
type namedRoute struct {
	kind, namespace, name, organization string
	metered                             bool
}

// routes keeps the routes and shows those that Higress serves, by host and by
// the name that Higress gives them.
type routes struct {
	words    words
	settings *settings.Settings
	classes  *classes
	gateways *gateways
	secrets  *secrets

	facts       map[objectKey]*routeFacts
	byNamespace map[string]map[objectKey]struct{}
	byGateway   map[string]map[objectKey]struct{}
	dirty       map[objectKey]struct{}
	revision    int // of the classes
	directory   *tenancy.Directory

	hosts    *index[hostRoute]
	names    *index[namedRoute]
	attached *index[attachedRoute]
}

func newRoutes(w words, s *settings.Settings, c *classes, g *gateways, users *secrets) *routes {
	return &routes{
		words: w, settings: s, classes: c, gateways: g, secrets: users,
		facts:       map[objectKey]*routeFacts{},
		byNamespace: map[string]map[objectKey]struct{}{},
		byGateway:   map[string]map[objectKey]struct{}{},
		dirty:       map[objectKey]struct{}{},
		hosts:       newIndex(func(_ string, all []hostRoute) ast.Value { return hostRoutes(all) }),
		names:       newIndex(func(_ string, all []namedRoute) ast.Value { return w.namedRoute(all) }),
		attached:    newIndex(func(_ string, all []attachedRoute) ast.Value { return w.attachedRoutes(all) }),
	}
}

func (r *routes) put(k objectKey, f *routeFacts) {
	before, ok := r.facts[k]
	if ok && reflect.DeepEqual(before, f) {
		return
	}
	if ok {
		r.unlink(k, before)
	}
	r.facts[k] = f
	r.dirty[k] = struct{}{}
	link(r.byNamespace, k.namespace, k)
	for _, p := range f.parents {
		link(r.byGateway, p.gateway, k)
	}
}

func (r *routes) remove(k objectKey) {
	if f, ok := r.facts[k]; ok {
		r.unlink(k, f)
		delete(r.facts, k)
		r.dirty[k] = struct{}{}
	}
}

func (r *routes) unlink(k objectKey, f *routeFacts) {
	unlink(r.byNamespace, k.namespace, k)
	for _, p := range f.parents {
		unlink(r.byGateway, p.gateway, k)
	}
}

func link(m map[string]map[objectKey]struct{}, by string, k objectKey) {
	if m[by] == nil {
		m[by] = map[objectKey]struct{}{}
	}
	m[by][k] = struct{}{}
}

func unlink(m map[string]map[objectKey]struct{}, by string, k objectKey) {
	delete(m[by], k)
	if len(m[by]) == 0 {
		delete(m, by)
	}
}

// settle decides anew about the routes that changed, and about those whose
// class, Gateway or owner did.
func (r *routes) settle(d *tenancy.Directory) {
	if r.revision != r.classes.revision {
		r.revision = r.classes.revision
		for k := range r.facts {
			r.dirty[k] = struct{}{}
		}
	}
	for name := range r.gateways.changed {
		for k := range r.byGateway[name] {
			r.dirty[k] = struct{}{}
		}
	}
	clear(r.gateways.changed)
	if before := r.directory; before != d {
		r.directory = d
		for ns, keys := range r.byNamespace {
			if before == nil || ownerName(before, ns) != ownerName(d, ns) {
				for k := range keys {
					r.dirty[k] = struct{}{}
				}
			}
		}
	}
	for k := range r.dirty {
		r.show(k)
	}
	clear(r.dirty)
}

func ownerName(d *tenancy.Directory, namespace string) string {
	if o, ok := d.OwnerOfNamespace(namespace); ok {
		return o.Name()
	}
	return ""
}

// show puts a route into the documents, or takes it out.
func (r *routes) show(k objectKey) {
	f, ok := r.facts[k]
	r.attach(k, f)
	if !ok || !r.served(f) {
		r.hosts.set(k)
		r.names.set(k)
		r.secrets.put(k, nil)
		return
	}
	owner := f.owner
	if k.namespace != r.settings.Gateway.Namespace {
		owner = ownerName(r.directory, k.namespace)
	}
	seen := map[routeRule]bool{}
	var hosts []entry[hostRoute]
	for _, rule := range r.effective(f) {
		if !seen[rule] {
			seen[rule] = true
			hosts = append(hosts, entry[hostRoute]{rule.host, r.words.hostRoute(k, owner, f, rule)})
		}
	}
	r.hosts.set(k, hosts...)
	names := make([]entry[namedRoute], len(f.names))
	for i, n := range f.names {
		names[i] = entry[namedRoute]{n, namedRoute{k.kind, k.namespace, k.name, owner, f.metered}}
	}
	r.names.set(k, names...)
	r.secrets.put(k, f.secrets)
}

func (r *routes) served(f *routeFacts) bool {
	if f.parents == nil {
		return r.classes.higressIngress(f.classes)
	}
	for _, p := range f.parents {
		if p.opaque {
			return true
		}
		if g := r.gateways.byName[p.gateway]; g != nil && g.higress {
			return true
		}
	}
	return false
}

// effective are a route's rules with the hosts that it has in the end: a route
// of the Gateway API without hostnames has those of its Gateways' listeners, or
// every host if none of them fits.
func (r *routes) effective(f *routeFacts) []routeRule {
	if f.parents == nil {
		return f.rules
	}
	var listeners []string
	for _, p := range f.parents {
		listeners = append(listeners, r.gateways.hosts(p)...)
	}
	if len(listeners) == 0 {
		return f.rules
	}
	var out []routeRule
	for _, rule := range f.rules {
		if rule.host != AnyHost {
			out = append(out, rule)
			continue
		}
		for _, host := range listeners {
			out = append(out, routeRule{host, rule.path, rule.pathType})
		}
	}
	return out
}

func (w words) hostRoute(k objectKey, owner string, f *routeFacts, rule routeRule) hostRoute {
	return hostRoute{ast.NewTerm(w.object(
		field{"kind", w.text(k.kind)},
		field{"namespace", w.text(k.namespace)},
		field{"name", w.text(k.name)},
		field{"organization", w.text(owner)},
		field{"path", w.text(rule.path)},
		field{"pathType", w.text(rule.pathType)},
		field{"canary", flag(f.canary)},
		field{"metered", flag(f.metered)},
	))}
}

func hostRoutes(all []hostRoute) ast.Value {
	terms := make([]*ast.Term, len(all))
	for i, h := range all {
		terms[i] = h.term
	}
	return ast.NewArray(terms...)
}

// namedRoute is one value for all objects that share a route name, which
// Higress and its plugins cannot tell apart: metered if one of them is, and of
// nobody's organization when they are not of one. Kind and name are the
// first's; where there are more, objects says which of them is metered.
func (w words) namedRoute(all []namedRoute) ast.Value {
	one := all[0]
	for _, n := range all[1:] {
		one.metered = one.metered || n.metered
		if n.organization != one.organization {
			one.organization = ""
		}
	}
	shown := append(w.routeObject(one), field{"organization", w.text(one.organization)})
	if len(all) > 1 {
		terms := make([]*ast.Term, len(all))
		for i, n := range all {
			terms[i] = ast.NewTerm(w.object(w.routeObject(n)...))
		}
		shown = append(shown, field{"objects", ast.ArrayTerm(terms...)})
	}
	return w.object(shown...)
}

func (w words) routeObject(n namedRoute) []field {
	return []field{
		{"kind", w.text(n.kind)},
		{"namespace", w.text(n.namespace)},
		{"name", w.text(n.name)},
		{"metered", flag(n.metered)},
	}
}

// routeName is the name that Higress gives the routes of an object outside and
// inside its own namespace.
// Source: contract section 2.6.
func routeName(s *settings.Settings, namespace, name string) string {
	if namespace == s.Gateway.Namespace {
		return name
	}
	return namespace + "/" + name
}

// ownerLabel is the organization that an object in the gateway's namespace says
// it belongs to.
func ownerLabel(labels map[string]string) string { return labels[v1alpha1.LabelOrganization] }
