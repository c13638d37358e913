package inventory

import (
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	extensions "tollgate.dev/tollgate/apis/higress/extensions/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// pluginFacts is what is kept of a WasmPlugin of the gateway's namespace.
type pluginFacts struct {
	url, sha256, phase, failStrategy string
	priority                         *int
	routes                           map[string]struct{}
	// tenant are the routes that a tenant's plugin has a rule for, even a
	// disabled one.
	tenant  []string
	secrets []secretUse
}

func parsePlugin(u *unstructured.Unstructured) any {
	p := read[extensions.WasmPlugin](u)
	f := &pluginFacts{
		url: p.Spec.URL, sha256: p.Spec.SHA256, phase: string(p.Spec.Phase), failStrategy: string(p.Spec.FailStrategy), priority: p.Spec.Priority,
		routes: guardedRoutes(&p.Spec),
	}
	if u.GetLabels()[v1alpha1.LabelOrganization] != "" {
		f.tenant = ruledRoutes(&p.Spec)
	}
	if p.Spec.ImagePullSecret != "" {
		f.secrets = append(f.secrets, secretUse{u.GetNamespace() + "/" + p.Spec.ImagePullSecret, " (image)"})
	}
	eachText(u.Object["spec"], func(s string) {
		f.secrets = append(f.secrets, templatedSecrets(s, u.GetNamespace())...)
	})
	f.secrets = sortUses(f.secrets)
	return f
}

// guardedRoutes are the routes for which a plugin has a rule that holds for all
// of their requests: not disabled, not narrowed by a domain or a service, and
// not of type GRPC, which loses the names. With pluginConfig set no rule counts.
// Source: contract sections 2.4 and 2.5.
func guardedRoutes(s *extensions.WasmPluginSpec) map[string]struct{} {
	routes := map[string]struct{}{}
	if s.PluginConfig != nil {
		return routes
	}
	for _, r := range s.MatchRules {
		if deref(r.ConfigDisable) || len(r.Domain) > 0 || len(r.Service) > 0 || r.RouteType == extensions.RouteGRPC {
			continue
		}
		for _, route := range r.Ingress {
			routes[route] = struct{}{}
		}
	}
	return routes
}

// plugins is data.tollgate.wasm_plugin[name]: {"url", "phase", "priority",
// "failStrategy"}, with null for a priority that is not set,
// data.tollgate.guarded[plugin][route], and data.tollgate.tenant_rule[route].
type plugins struct {
	words words
	// namespace is the gateway's.
	namespace string
	facts     *table[*pluginFacts]
	last      *pluginDocuments
}

// pluginDocuments are the documents of one snapshot.
type pluginDocuments struct {
	of              *frozen[*pluginFacts]
	plugin, guarded document
	tenantRule      document
}

func newPlugins(w words, gatewayNamespace string) *plugins {
	return &plugins{words: w, namespace: gatewayNamespace, facts: newTable[*pluginFacts]()}
}

func (p *plugins) put(k objectKey, f *pluginFacts) {
	if before, ok := p.facts.get(k.name()); ok && reflect.DeepEqual(before, f) {
		return
	}
	p.facts.set(k.name(), f)
}

func (p *plugins) remove(k objectKey) {
	if k.group() == extensions.GroupName && k.kind() == "WasmPlugin" && k.namespace() == p.namespace {
		p.facts.remove(k.name())
	}
}

func (p *plugins) freeze() *pluginDocuments {
	if of := p.facts.freeze(); p.last == nil || p.last.of != of {
		p.last = &pluginDocuments{of: of, plugin: p.plugin(of), guarded: guarded(of), tenantRule: tenantRule(p.words, of)}
	}
	return p.last
}

func (p *plugins) plugin(all *frozen[*pluginFacts]) document {
	return memo(func(name string) (ast.Value, bool) {
		f, ok := all.get(name)
		if !ok {
			return nil, false
		}
		priority := ast.NullTerm()
		if f.priority != nil {
			priority = ast.IntNumberTerm(*f.priority)
		}
		return p.words.object(
			field{"url", ast.StringTerm(f.url)}, field{"phase", p.words.text(f.phase)},
			field{"priority", priority}, field{"failStrategy", p.words.text(f.failStrategy)},
		), true
	}, func() []string { return keysOf(all) })
}

// guarded answers from the sets themselves: a shared guard has a rule per route
// of every tenant, and a look-up must not put them together.
func guarded(all *frozen[*pluginFacts]) document {
	children := make(map[string]document, all.size)
	for name, f := range all.all() {
		children[name] = newRouteSet(f.routes)
	}
	return newFolder(children)
}

// routeSet is a document {route: true}.
type routeSet struct {
	routes map[string]struct{}
	whole  func() ast.Value
}

func newRouteSet(routes map[string]struct{}) document {
	return routeSet{routes: routes, whole: sync.OnceValue(func() ast.Value {
		return words(nil).set(slices.Collect(maps.Keys(routes))).Value
	})}
}

func (d routeSet) find(path []string) (ast.Value, bool) {
	if len(path) == 0 {
		return d.whole(), true
	}
	if _, ok := d.routes[path[0]]; !ok || len(path) > 1 {
		return nil, false
	}
	return ast.Boolean(true), true
}

func keysOf[V any](f *frozen[V]) []string {
	keys := make([]string, 0, f.size)
	for k := range f.all() {
		keys = append(keys, k)
	}
	return keys
}
