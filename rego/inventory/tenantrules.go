package inventory

import (
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	extensions "tollgate.dev/tollgate/apis/higress/extensions/v1alpha1"
)

// ruledRoutes are the routes that any rule of a plugin names, sorted. Disabled
// rules count: one word enables them.
func ruledRoutes(s *extensions.WasmPluginSpec) []string {
	var routes []string
	for _, r := range s.MatchRules {
		routes = append(routes, r.Ingress...)
	}
	slices.Sort(routes)
	return slices.Compact(routes)
}

// tenantRule is data.tollgate.tenant_rule[route][plugin] = {"url", "sha256"}:
// the plugins of tenants that have a rule for a route. Few plugins are tenants',
// so that the document is put together when it is first asked for.
func tenantRule(w words, all *frozen[*pluginFacts]) document {
	byRoute := sync.OnceValue(func() map[string][]string {
		plugins := map[string][]string{}
		for name, f := range all.all() {
			for _, route := range f.tenant {
				plugins[route] = append(plugins[route], name)
			}
		}
		return plugins
	})
	return memo(func(route string) (ast.Value, bool) {
		names, ok := byRoute()[route]
		if !ok {
			return nil, false
		}
		pairs := make([][2]*ast.Term, 0, len(names))
		for _, name := range names {
			f, _ := all.get(name)
			image := w.object(field{"url", ast.StringTerm(f.url)}, field{"sha256", ast.StringTerm(f.sha256)})
			pairs = append(pairs, [2]*ast.Term{ast.StringTerm(name), ast.NewTerm(image)})
		}
		return ast.NewObject(pairs...), true
	}, func() []string {
		var routes []string
		for route := range byRoute() {
			routes = append(routes, route)
		}
		return routes
	})
}
