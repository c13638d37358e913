package policy

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
)

// lean writes compiled rules anew with what evaluation needs of them, and no
// more: it runs once OPA has checked the rules and before it builds indices over
// them. Two thirds of what parsing and compiling leave behind is never looked at
// again, and whatever stays is marked by each collection while reviews wait.
//
//   - A term has no location but where an evaluation's error names it. A location
//     is twice the size of the term, and holds the text of its whole file.
//   - A location is a file and a row, as errors of evaluations show it, and all that
//     is in a row has the same. Only a rule's has text, its first line: Fired of
//     package engine shows it.
//   - Equal constants, variables and references are one term. That is safe, since
//     evaluations that run side by side share all terms as it is, and write to none.
//   - Variables that the compiler named are named anew in each rule, so that rules
//     have the same: no evaluation sees the variables of two rules at once.
type lean struct {
	leaves map[ast.Value]*ast.Term // constants and variables
	refs   map[string]*ast.Term    // by the numbers of their parts
	ids    map[*ast.Term]uint64    // of what refs are made of
	places map[place]*ast.Location
	locals map[ast.Var]ast.Var // of the rule at hand: the new names
	// comprehensions are the new terms: OPA's index of them is by their address.
	comprehensions []*ast.Term
	// mocks says that a rule replaces input, data or a function by `with`.
	mocks bool
}

// place is where something stands.
type place struct {
	file string
	row  int
}

func newLean() *lean {
	return &lean{
		leaves: map[ast.Value]*ast.Term{}, refs: map[string]*ast.Term{}, ids: map[*ast.Term]uint64{},
		places: map[place]*ast.Location{},
	}
}

// rule changes a rule, and what it has after else, in place: trees of rules point
// to it.
func (l *lean) rule(r *ast.Rule) {
	l.locals = map[ast.Var]ast.Var{}
	for ; r != nil; r = r.Else {
		head := r.Head
		head.Reference = l.ref(head.Reference).Value.(ast.Ref)
		head.Args = l.terms(head.Args)
		head.Key = l.term(head.Key)
		head.Value = l.term(head.Value)
		head.Location = l.location(head.Location)
		r.Body = l.body(r.Body)
		r.Annotations = nil
		r.Location = firstLine(r.Location)
	}
}

// firstLine is the location of a rule. Each rule has its own, by which OPA tells
// a rule's conflict from that of another.
func firstLine(of *ast.Location) *ast.Location {
	if of == nil || of.File == "" {
		return of
	}
	text, _, _ := bytes.Cut(of.Text, []byte("\n"))
	return &ast.Location{File: of.File, Row: of.Row, Text: bytes.Clone(text)}
}

// location is the row of a location. What has no file keeps all: errors show the
// text then.
func (l *lean) location(of *ast.Location) *ast.Location {
	if of == nil || of.File == "" {
		return of
	}
	at := place{of.File, of.Row}
	known := l.places[at]
	if known == nil {
		known = &ast.Location{File: of.File, Row: of.Row}
		l.places[at] = known
	}
	return known
}

func (l *lean) body(b ast.Body) ast.Body {
	if b == nil {
		return nil
	}
	out := make(ast.Body, len(b))
	for i, e := range b {
		out[i] = l.expr(e)
	}
	return out
}

func (l *lean) expr(e *ast.Expr) *ast.Expr {
	out := &ast.Expr{Index: e.Index, Generated: e.Generated, Negated: e.Negated, Location: l.location(e.Location)}
	switch terms := e.Terms.(type) {
	case *ast.Term:
		out.Terms = l.term(terms)
	case []*ast.Term:
		out.Terms = l.terms(terms)
	case *ast.Every:
		out.Terms = &ast.Every{Key: l.term(terms.Key), Value: l.term(terms.Value), Domain: l.placed(terms.Domain), Body: l.body(terms.Body)}
	case *ast.Not:
		out.Terms = &ast.Not{Body: l.body(terms.Body), ExplicitBody: terms.ExplicitBody}
	case *ast.LogicalAnd:
		out.Terms = &ast.LogicalAnd{Lhs: l.body(terms.Lhs), Rhs: l.body(terms.Rhs), ExplicitLhs: terms.ExplicitLhs, ExplicitRhs: terms.ExplicitRhs}
	case *ast.LogicalOr:
		out.Terms = &ast.LogicalOr{Lhs: l.body(terms.Lhs), Rhs: l.body(terms.Rhs), ExplicitLhs: terms.ExplicitLhs, ExplicitRhs: terms.ExplicitRhs}
	default: // another version of OPA may know more
		out.Terms = terms
	}
	for _, w := range e.With {
		l.mocks = true
		out.With = append(out.With, &ast.With{Target: l.term(w.Target), Value: l.term(w.Value)})
	}
	return out
}

func (l *lean) terms(terms []*ast.Term) []*ast.Term {
	if terms == nil {
		return nil
	}
	out := make([]*ast.Term, len(terms))
	for i, t := range terms {
		out[i] = l.term(t)
	}
	return out
}

// placed is a term of its own that keeps its location.
func (l *lean) placed(t *ast.Term) *ast.Term {
	return &ast.Term{Value: l.term(t).Value, Location: l.location(t.Location)}
}

func (l *lean) term(t *ast.Term) *ast.Term {
	if t == nil {
		return nil
	}
	switch v := t.Value.(type) {
	case ast.Null, ast.Boolean, ast.Number, ast.String:
		return l.leaf(v)
	case ast.Var:
		return l.leaf(l.local(v))
	case ast.Ref:
		return l.ref(v)
	case ast.Call:
		return ast.NewTerm(ast.Call(l.terms(v)))
	case *ast.Array:
		elements := make([]*ast.Term, v.Len())
		for i := range elements {
			elements[i] = l.term(v.Elem(i))
		}
		return ast.NewTerm(ast.NewArray(elements...))
	case ast.Set:
		return ast.NewTerm(ast.NewSet(l.terms(v.Slice())...))
	case ast.Object:
		pairs := make([][2]*ast.Term, 0, v.Len())
		v.Foreach(func(key, value *ast.Term) { pairs = append(pairs, ast.Item(l.term(key), l.term(value))) })
		return ast.NewTerm(ast.NewObject(pairs...))
	case *ast.ArrayComprehension:
		return l.comprehension(&ast.ArrayComprehension{Term: l.term(v.Term), Body: l.body(v.Body)})
	case *ast.SetComprehension:
		return l.comprehension(&ast.SetComprehension{Term: l.term(v.Term), Body: l.body(v.Body)})
	case *ast.ObjectComprehension:
		return l.comprehension(&ast.ObjectComprehension{Key: l.placed(v.Key), Value: l.term(v.Value), Body: l.body(v.Body)})
	}
	return t
}

func (l *lean) comprehension(v ast.Value) *ast.Term {
	t := ast.NewTerm(v)
	l.comprehensions = append(l.comprehensions, t)
	return t
}

func (l *lean) leaf(v ast.Value) *ast.Term {
	known := l.leaves[v]
	if known == nil {
		known = ast.NewTerm(v)
		l.leaves[v] = known
		l.ids[known] = uint64(len(l.ids))
	}
	return known
}

// local is the new name of a variable, of the kind that it had: those that nobody
// named begin with a dollar, and OPA lets them match anything.
func (l *lean) local(v ast.Var) ast.Var {
	if !v.IsGenerated() && !v.IsWildcard() {
		return v
	}
	name, known := l.locals[v]
	if !known {
		n := strconv.Itoa(len(l.locals))
		if name = ast.Var(ast.LocalVarPrefix + n + "__"); v.IsWildcard() {
			name = ast.Var(ast.WildcardPrefix + n)
		}
		l.locals[v] = name
	}
	return name
}

// ref is the one term of a reference.
func (l *lean) ref(r ast.Ref) *ast.Term {
	out := make(ast.Ref, len(r))
	var name []byte
	whole := true
	for i, t := range r {
		out[i] = l.term(t)
		id, known := l.ids[out[i]]
		name, whole = binary.AppendUvarint(name, id), whole && known
	}
	if !whole { // a part is computed
		return ast.NewTerm(out)
	}
	known := l.refs[string(name)]
	if known == nil {
		known = ast.NewTerm(out)
		l.refs[string(name)] = known
	}
	return known
}
