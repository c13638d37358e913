package inventory

import "github.com/open-policy-agent/opa/v1/ast"

// hostRoute is an element of data.tollgate.host_route[host], but for its object.
type hostRoute struct {
	organization, path, pathType string
	canary, metered              bool
}

func hostRoutes() codec[hostRoute] {
	return codec[hostRoute]{
		write: func(b []byte, h hostRoute) []byte {
			b = appendText(appendText(appendText(b, h.organization), h.path), h.pathType)
			return appendFlag(appendFlag(b, h.canary), h.metered)
		},
		read: func(r *reader) hostRoute {
			return hostRoute{organization: r.text(), path: r.text(), pathType: r.text(), canary: r.flag(), metered: r.flag()}
		},
	}
}

func (w words) hostRoute(k objectKey, h hostRoute) *ast.Term {
	return ast.NewTerm(w.object(
		field{"kind", w.text(k.kind())},
		field{"namespace", w.text(k.namespace())},
		field{"name", w.text(k.name())},
		field{"organization", w.text(h.organization)},
		field{"path", w.text(h.path)},
		field{"pathType", w.text(h.pathType)},
		field{"canary", flag(h.canary)},
		field{"metered", flag(h.metered)},
	))
}

// namedRoute is what an object adds to data.tollgate.route[route name].
type namedRoute struct {
	organization string
	metered      bool
}

func namedRoutes() codec[namedRoute] {
	return codec[namedRoute]{
		write: func(b []byte, n namedRoute) []byte { return appendFlag(appendText(b, n.organization), n.metered) },
		read:  func(r *reader) namedRoute { return namedRoute{organization: r.text(), metered: r.flag()} },
	}
}

// namedRoute is one value for all objects that share a route name, which
// Higress and its plugins cannot tell apart: metered if one of them is, and of
// nobody's organization when they are not of one. Kind and name are the
// first's; where there are more, objects says which of them is metered.
func (w words) namedRoute(all []contribution[namedRoute]) ast.Value {
	one := all[0]
	for _, n := range all[1:] {
		one.value.metered = one.value.metered || n.value.metered
		if n.value.organization != one.value.organization {
			one.value.organization = ""
		}
	}
	shown := append(w.routeObject(one), field{"organization", w.text(one.value.organization)})
	if len(all) > 1 {
		terms := make([]*ast.Term, len(all))
		for i, n := range all {
			terms[i] = ast.NewTerm(w.object(w.routeObject(n)...))
		}
		shown = append(shown, field{"objects", ast.ArrayTerm(terms...)})
	}
	return w.object(shown...)
}

func (w words) routeObject(n contribution[namedRoute]) []field {
	return []field{
		{"kind", w.text(n.object.kind())},
		{"namespace", w.text(n.object.namespace())},
		{"name", w.text(n.object.name())},
		{"metered", flag(n.value.metered)},
	}
}
