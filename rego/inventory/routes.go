package inventory

import (
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/tenancy"
)

// routeFacts is what is kept of an Ingress, HTTPRoute or GRPCRoute, whoever
// serves it.
type routeFacts struct {
	Owner string // the ownership label
	// Classes of an Ingress.
	Classes []string
	// Parents of a route of the Gateway API; nil for an Ingress.
	Parents []parentRef
	Rules   []routeRule
	Names   []string // as Higress names routes
	Metered bool
	Canary  bool
	Secrets []secretUse
}

// routeRule is one host and path that a route takes.
type routeRule struct{ Host, Path, PathType string }

// routes keeps the routes and shows those that Higress serves, by host and by
// the name that Higress gives them.
type routes struct {
	words    words
	settings *settings.Settings
	classes  *classes
	gateways *gateways
	secrets  *secrets

	facts     *texts                    // packed routeFacts by their objects
	dirty     map[objectKey]*routeFacts // nil where they did not change
	revision  int                       // of the classes
	directory *tenancy.Directory

	hosts    *index[hostRoute]
	names    *index[namedRoute]
	attached *index[attachedRoute]
}

func newRoutes(w words, s *settings.Settings, c *classes, g *gateways, users *secrets) *routes {
	return &routes{
		words: w, settings: s, classes: c, gateways: g, secrets: users,
		facts:    newTexts(),
		dirty:    map[objectKey]*routeFacts{},
		hosts:    newListIndex(hostRoutes(), w.hostRoute),
		names:    newIndex(namedRoutes(), w.namedRoute),
		attached: newListIndex(attachedRoutes(), w.attachedRoute),
	}
}

func (r *routes) put(k objectKey, f *routeFacts) {
	now := pack(f)
	if before, _ := r.facts.get(string(k)); before != now {
		r.facts.set(string(k), now)
		r.dirty[k] = f
	}
}

func (r *routes) remove(k objectKey) {
	if _, ok := r.facts.get(string(k)); ok {
		r.facts.remove(string(k))
		r.dirty[k] = nil
	}
}

// settle decides anew about the routes that changed, and about those whose
// class, Gateway or owner did.
func (r *routes) settle(d *tenancy.Directory) {
	if all := r.revision != r.classes.revision; all || r.directory != d {
		moved := moved(r.directory, d)
		for k := range r.facts.all() {
			if k := objectKey(k); all || moved(k) {
				r.again(k)
			}
		}
		r.directory, r.revision = d, r.classes.revision
	}
	for name := range r.gateways.changed {
		for k := range r.attached.objects(name) {
			r.again(k)
		}
	}
	clear(r.gateways.changed)
	for k, f := range r.dirty {
		if packed, ok := r.facts.get(string(k)); ok && f == nil {
			f = unpack[routeFacts](packed)
		}
		r.show(k, f)
	}
	r.dirty = map[objectKey]*routeFacts{}
}

// again has a route decided about anew, with the facts that are known.
func (r *routes) again(k objectKey) {
	if _, already := r.dirty[k]; !already {
		r.dirty[objectKey(strings.Clone(string(k)))] = nil
	}
}

// moved says which objects are in a namespace that another organization owns now.
func moved(before, now *tenancy.Directory) func(objectKey) bool {
	known := map[string]bool{}
	return func(k objectKey) bool {
		ns := k.namespace()
		is, ok := known[ns]
		if !ok {
			is = before == nil || ownerName(before, ns) != ownerName(now, ns)
			known[ns] = is
		}
		return is
	}
}

func ownerName(d *tenancy.Directory, namespace string) string {
	if o, ok := d.OwnerOfNamespace(namespace); ok {
		return o.Name()
	}
	return ""
}

// show puts a route into the documents; out of them when f is nil.
func (r *routes) show(k objectKey, f *routeFacts) {
	r.attach(k, f)
	if f == nil || !r.served(f) {
		r.hosts.set(k)
		r.names.set(k)
		r.secrets.put(k, nil)
		return
	}
	owner := f.Owner
	if namespace := k.namespace(); namespace != r.settings.Gateway.Namespace {
		owner = ownerName(r.directory, namespace)
	}
	seen := map[routeRule]bool{}
	var hosts []entry[hostRoute]
	for _, rule := range r.effective(f) {
		if !seen[rule] {
			seen[rule] = true
			hosts = append(hosts, entry[hostRoute]{rule.Host, hostRoute{owner, rule.Path, rule.PathType, f.Canary, f.Metered}})
		}
	}
	r.hosts.set(k, hosts...)
	names := make([]entry[namedRoute], len(f.Names))
	for i, n := range f.Names {
		names[i] = entry[namedRoute]{n, namedRoute{owner, f.Metered}}
	}
	r.names.set(k, names...)
	r.secrets.put(k, f.Secrets)
}

func (r *routes) served(f *routeFacts) bool {
	if f.Parents == nil {
		return r.classes.higressIngress(f.Classes)
	}
	for _, p := range f.Parents {
		if p.Opaque {
			return true
		}
		if g := r.gateways.byName[p.Gateway]; g != nil && g.higress {
			return true
		}
	}
	return false
}

// effective are a route's rules with the hosts that it has in the end: a route
// of the Gateway API without hostnames has those of its Gateways' listeners, or
// every host if none of them fits.
func (r *routes) effective(f *routeFacts) []routeRule {
	if f.Parents == nil {
		return f.Rules
	}
	var listeners []string
	for _, p := range f.Parents {
		listeners = append(listeners, r.gateways.hosts(p)...)
	}
	if len(listeners) == 0 {
		return f.Rules
	}
	var out []routeRule
	for _, rule := range f.Rules {
		if rule.Host != AnyHost {
			out = append(out, rule)
			continue
		}
		for _, host := range listeners {
			out = append(out, routeRule{host, rule.Path, rule.PathType})
		}
	}
	return out
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
