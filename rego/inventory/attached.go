package inventory

import "github.com/open-policy-agent/opa/v1/ast"

// attachedRoute is an element of data.tollgate.attached_route["ns/name"]: the
// routes that ask for a Gateway, whoever serves it, or before it is there.
type attachedRoute struct {
	kind, namespace, name string
	// organization that owns the namespace, "" for nobody.
	organization string
	// labelled with that organization, which only routes of Higress are.
	labelled bool
}

func (w words) attachedRoutes(all []attachedRoute) ast.Value {
	terms := make([]*ast.Term, len(all))
	for i, a := range all {
		terms[i] = ast.NewTerm(w.object(
			field{"kind", w.text(a.kind)},
			field{"namespace", w.text(a.namespace)},
			field{"name", w.text(a.name)},
			field{"organization", w.text(a.organization)},
			field{"labelled", flag(a.labelled)},
		))
	}
	return ast.NewArray(terms...)
}

// attach shows a route, nil when it has gone, at the Gateways that it asks for.
func (r *routes) attach(k objectKey, f *routeFacts) {
	if f == nil {
		r.attached.set(k)
		return
	}
	owner := ownerName(r.directory, k.namespace)
	shown := attachedRoute{k.kind, k.namespace, k.name, owner, owner != "" && f.owner == owner}
	var entries []entry[attachedRoute]
	seen := map[string]bool{}
	for _, p := range f.parents {
		if !p.opaque && !seen[p.gateway] {
			seen[p.gateway] = true
			entries = append(entries, entry[attachedRoute]{p.gateway, shown})
		}
	}
	r.attached.set(k, entries...)
}
