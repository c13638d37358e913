package inventory

import "github.com/open-policy-agent/opa/v1/ast"

// attachedRoute is an element of data.tollgate.attached_route["ns/name"]: the
// routes that ask for a Gateway, whoever serves it, or before it is there.
type attachedRoute struct {
	// organization that owns the namespace, "" for nobody.
	organization string
	// labelled with that organization, which only routes of Higress are.
	labelled bool
}

func attachedRoutes() codec[attachedRoute] {
	return codec[attachedRoute]{
		write: func(b []byte, a attachedRoute) []byte { return appendFlag(appendText(b, a.organization), a.labelled) },
		read:  func(r *reader) attachedRoute { return attachedRoute{organization: r.text(), labelled: r.flag()} },
	}
}

func (w words) attachedRoute(k objectKey, a attachedRoute) *ast.Term {
	return ast.NewTerm(w.object(
		field{"kind", w.text(k.kind())},
		field{"namespace", w.text(k.namespace())},
		field{"name", w.text(k.name())},
		field{"organization", w.text(a.organization)},
		field{"labelled", flag(a.labelled)},
	))
}

// attach shows a route, nil when it has gone, at the Gateways that it asks for.
func (r *routes) attach(k objectKey, f *routeFacts) {
	if f == nil {
		r.attached.set(k)
		return
	}
	owner := ownerName(r.directory, k.namespace())
	shown := attachedRoute{owner, owner != "" && f.Owner == owner}
	var entries []entry[attachedRoute]
	seen := map[string]bool{}
	for _, p := range f.Parents {
		if !p.Opaque && !seen[p.Gateway] {
			seen[p.Gateway] = true
			entries = append(entries, entry[attachedRoute]{p.Gateway, shown})
		}
	}
	r.attached.set(k, entries...)
}
