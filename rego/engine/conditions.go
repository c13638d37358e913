package engine

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"tollgate.dev/tollgate/rego/policy"
)

// condition is an expression without variables at the beginning of a rule, such
// as routes.ingress or input.subject.unowned: where it does not hold, the rule
// yields nothing, whatever comes after it.
type condition struct {
	text    string // the same for the same condition of another policy
	negated bool
	// path and equal are of a condition on the input: what stands there is equal,
	// or anything but false where equal is nil. Path is nil for all others.
	path  ast.Ref
	equal ast.Value
	// query asks for any other condition.
	query ast.Body
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
// expression that may fail: one that stands before a condition has to fail though
// the condition does not hold.
func leading(body ast.Body, own ast.Ref) []condition {
	var found []condition
	for _, e := range body {
		c, ok := read(e, own)
		if !ok {
			break
		}
		if c != nil {
			found = append(found, *c)
		}
	}
	return found
}

// read takes a condition out of an expression; nil if it is none. False for an
// expression that may fail or that looks at anything but the input.
func read(e *ast.Expr, own ast.Ref) (*condition, bool) {
	if len(e.With) > 0 {
		return nil, false
	}
	c := &condition{negated: e.Negated}
	var ref ast.Ref
	switch terms := e.Terms.(type) {
	case *ast.Term:
		ref, _ = terms.Value.(ast.Ref)
	case []*ast.Term:
		if !harmless(e) {
			return nil, false
		}
		ref, c.equal = equation(e)
		if ref == nil || c.equal == nil {
			return nil, e.IsCall() && onlyInput(e)
		}
	}
	switch {
	case ref == nil || !ref.IsGround():
		return nil, false
	case ref.HasPrefix(ast.InputRootRef):
		c.path = ref[1:]
	case !ref.HasPrefix(ast.DefaultRootRef) || ref.HasPrefix(own):
		return nil, false // nobody else asks for it
	default:
		c.query = ast.NewBody(&ast.Expr{Terms: e.Terms, Location: e.Location})
	}
	c.text = (&ast.Expr{Terms: e.Terms}).String()
	return c, true
}

// harmless says that an expression cannot fail.
func harmless(e *ast.Expr) bool {
	switch e.Operator().String() {
	case ast.Equality.Name, ast.Equal.Name, ast.NotEqual.Name, ast.Member.Name:
		return true
	}
	return false
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

// equation takes an expression that compares a reference with a constant.
func equation(e *ast.Expr) (ast.Ref, ast.Value) {
	if op := e.Operator().String(); op != ast.Equality.Name && op != ast.Equal.Name || len(e.Operands()) != 2 {
		return nil, nil
	}
	for i := range 2 {
		ref, isRef := e.Operand(i).Value.(ast.Ref)
		if other := e.Operand(1 - i).Value; isRef && ast.IsScalar(other) {
			return ref, other
		}
	}
	return nil, nil
}

// holdsIn says whether a condition on the input holds.
func (c *condition) holdsIn(input *ast.Term) bool {
	v, err := input.Value.Find(c.path)
	switch {
	case err != nil:
		return c.negated
	case c.equal != nil:
		return (c.equal.Compare(v) == 0) != c.negated
	}
	return (v.Compare(ast.InternedTerm(false).Value) != 0) != c.negated
}

// idle says that none of the policy's rules can yield anything. When a condition
// cannot be found out, it says no: the policy runs into the same trouble itself.
func (u *unit) idle(ctx context.Context, ask func(ast.Body) *topdown.Query, input *ast.Term, m *memory) bool {
	for _, rule := range u.conditions {
		if mayYield(ctx, rule, ask, input, m) {
			return false
		}
	}
	return len(u.conditions) > 0
}

func mayYield(ctx context.Context, rule []condition, ask func(ast.Body) *topdown.Query, input *ast.Term, m *memory) bool {
	for i := range rule {
		c := &rule[i]
		if c.path != nil {
			if !c.holdsIn(input) {
				return false
			}
			continue
		}
		switch holds, known := m.holds(ctx, ask, c); {
		case !known:
			return true
		case holds == c.negated:
			return false
		}
	}
	return true
}
