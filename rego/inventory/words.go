package inventory

import (
	"github.com/open-policy-agent/opa/v1/ast"
)

// words are the terms of the texts that stand in thousands of values: field
// names and the few values of a choice. They never change after newWords.
type words map[string]*ast.Term

func newWords() words {
	w := words{}
	for _, s := range []string{
		"accepted", "allowedRoutes", "annotations", "budget", "budgetNano", "canary", "class", "conflicts", "controller",
		"default", "domains", "effectiveFrom", "failStrategy", "field", "fromGroup", "fromKind", "higress", "hostname",
		"kind", "labels", "listeners", "message", "metered", "mode", "models", "name", "namespace", "namespaces",
		"objects", "organization", "owner", "path", "pathType", "phase", "pluginRegistries", "priced", "priority", "provider",
		"terminating", "toGroup", "toKind", "toName", "uid", "url",
		"Ingress", "HTTPRoute", "GRPCRoute", "Prefix", "Exact", "ImplementationSpecific", "PathPrefix",
		"RegularExpression", "/", "",
	} {
		w[s] = ast.StringTerm(s)
	}
	return w
}

// text is the term of a string.
func (w words) text(s string) *ast.Term {
	if t, ok := w[s]; ok {
		return t
	}
	return ast.StringTerm(s)
}

// field is one field of an object.
type field struct {
	name  string
	value *ast.Term
}

func (w words) object(fields ...field) ast.Value {
	pairs := make([][2]*ast.Term, len(fields))
	for i, f := range fields {
		pairs[i] = [2]*ast.Term{w.text(f.name), f.value}
	}
	return ast.NewObject(pairs...)
}

// set is the object {"a": true, "b": true}: a set that is looked up by key.
func (w words) set(members []string) *ast.Term {
	pairs := make([][2]*ast.Term, 0, len(members))
	for _, m := range members {
		pairs = append(pairs, [2]*ast.Term{w.text(m), flag(true)})
	}
	return ast.NewTerm(ast.NewObject(pairs...))
}

func (w words) list(items []string) *ast.Term {
	terms := make([]*ast.Term, len(items))
	for i, s := range items {
		terms[i] = w.text(s)
	}
	return ast.ArrayTerm(terms...)
}

func (w words) texts(m map[string]string) *ast.Term {
	pairs := make([][2]*ast.Term, 0, len(m))
	for k, v := range m {
		pairs = append(pairs, [2]*ast.Term{w.text(k), w.text(v)})
	}
	return ast.NewTerm(ast.NewObject(pairs...))
}

func flag(b bool) *ast.Term { return ast.InternedTerm(b) }
