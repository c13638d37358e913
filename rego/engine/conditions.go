package engine

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"tollgate.dev/tollgate/rego/policy"
)

// condition is an expression at the beginning of a rule that stands for itself, such
// as routes.ingress or input.subject.unowned: where it does not hold, the rule
// yields nothing, whatever comes after it.
type condition struct {
	negated bool
	// input is a path of the input, where one of the values has to stand; anything
	// but false where there are none.
	input  ast.Ref
	values []ast.Value
	// rule is another rule, of a lib; nil where input is not.
	rule ast.Ref
}

// conditionsOf returns the conditions of each rule of a policy that was compiled
// together with others: half of the policies that are asked about an ordinary
// review begin with one that the first of them has found not to hold. Nil if a
// rule has none: the policy has to be evaluated.
func conditionsOf(compiled *policy.Compiled, rule string) [][]condition {
	var all [][]condition
	for _, r := range compiled.Compiler.GetRules(append(compiled.Package.Copy(), ast.StringTerm(rule))) {
		found := leading(r.Body, compiled.Package)
		if len(found) == 0 || r.Else != nil || r.Default {
			return nil
		}
		all = append(all, found)
	}
	return all
}

// leading takes the conditions at the beginning of a rule's body, up to the first
// expression that may fail: where one stands before a condition, the policy fails
// though the condition does not hold.
func leading(body ast.Body, own ast.Ref) []condition {
	r := reader{own: own, locals: map[ast.Var]ast.Ref{}}
	for _, e := range body {
		if !r.read(e) {
			break
		}
	}
	return r.found
}

// reader reads the beginning of a body.
type reader struct {
	own    ast.Ref
	locals map[ast.Var]ast.Ref // variables that stand for a path of the input
	found  []condition
}

// read takes the condition out of an expression if it is one. False for an
// expression that may fail.
func (r *reader) read(e *ast.Expr) bool {
	if len(e.With) > 0 {
		return false
	}
	if t, ok := e.Terms.(*ast.Term); ok {
		ref, _ := t.Value.(ast.Ref)
		switch {
		case ref == nil || !ref.IsGround():
			return false
		case ref.HasPrefix(ast.InputRootRef):
			r.found = append(r.found, condition{negated: e.Negated, input: ref[1:]})
		case ref.HasPrefix(ast.DefaultRootRef) && !ref.HasPrefix(r.own):
			r.found = append(r.found, condition{negated: e.Negated, rule: ref})
		default:
			return false
		}
		return true
	}
	return e.IsCall() && len(e.Operands()) == 2 && onlyInput(e) && r.compare(e)
}

// compare takes what compares a path of the input with constants. False for all
// calls but comparisons, which cannot fail.
func (r *reader) compare(e *ast.Expr) bool {
	a, b := e.Operand(0), e.Operand(1)
	switch e.Operator().String() {
	case ast.Equality.Name, ast.Equal.Name:
		if v, ok := a.Value.(ast.Var); ok && !e.Negated {
			if ref := r.path(b); ref != nil {
				r.locals[v] = ref
				return true
			}
		}
		if r.path(a) == nil {
			a, b = b, a
		}
		if ref := r.path(a); ref != nil && ast.IsScalar(b.Value) {
			r.found = append(r.found, condition{negated: e.Negated, input: ref, values: []ast.Value{b.Value}})
		}
	case ast.Member.Name:
		if set, ok := b.Value.(ast.Set); ok && b.IsGround() && r.path(a) != nil {
			c := condition{negated: e.Negated, input: r.path(a)}
			set.Foreach(func(t *ast.Term) { c.values = append(c.values, t.Value) })
			r.found = append(r.found, c)
		}
	case ast.NotEqual.Name:
	default:
		return false
	}
	return true
}

// path is the path of the input that a term stands for.
func (r *reader) path(t *ast.Term) ast.Ref {
	switch v := t.Value.(type) {
	case ast.Var:
		return r.locals[v]
	case ast.Ref:
		if v.IsGround() && v.HasPrefix(ast.InputRootRef) {
			return v[1:]
		}
	}
	return nil
}

// onlyInput says that a call looks at nothing but the input, variables and constants.
func onlyInput(e *ast.Expr) bool {
	only := true
	for _, t := range e.Operands() {
		ast.WalkRefs(t, func(ref ast.Ref) bool {
			only = only && ref.HasPrefix(ast.InputRootRef)
			return false
		})
		ast.WalkClosures(t, func(any) bool {
			only = false
			return true
		})
	}
	return only
}

// idle says that none of the policy's rules can yield anything, going by the input
// and by what evaluations before this one have found.
func (u *unit) idle(input *ast.Term, found topdown.VirtualCache) bool {
	for _, rule := range u.conditions {
		if mayYield(rule, input, found) {
			return false
		}
	}
	return len(u.conditions) > 0
}

func mayYield(rule []condition, input *ast.Term, found topdown.VirtualCache) bool {
	for i := range rule {
		if c := &rule[i]; c.fails(input, found) {
			return false
		}
	}
	return true
}

// fails says that a condition is known not to hold.
func (c *condition) fails(input *ast.Term, found topdown.VirtualCache) bool {
	var value ast.Value
	if c.input != nil {
		value, _ = input.Value.Find(c.input) // the error is that nothing is there
	} else {
		term, undefined := found.Get(c.rule)
		if term == nil && !undefined {
			return false // nobody has asked yet
		}
		if term != nil {
			value = term.Value
		}
	}
	holds := value != nil && value.Compare(ast.InternedTerm(false).Value) != 0
	if c.values != nil {
		holds = value != nil && slices.ContainsFunc(c.values, func(v ast.Value) bool { return v.Compare(value) == 0 })
	}
	return holds == c.negated
}
