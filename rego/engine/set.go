package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
)

// set is all policies in force, sorted by id.
type set struct {
	units       []*unit
	byID        map[string]*unit
	validations []*unit
	mutations   []*unit
	baseline    group
	kinds       int // how many kinds of whole objects all policies see together
}

// group is the policies of the baseline, compiled together.
type group struct {
	policies []*policy.Policy
	compiled map[string]*policy.Compiled // nil: they compile one by one
}

// with makes the set of other policies, reusing what did not change.
func (s *set) with(ctx context.Context, compiler *policy.Compiler, policies []*policy.Policy) (*set, []error) {
	next := &set{byID: make(map[string]*unit, len(policies)), units: make([]*unit, 0, len(policies)), baseline: s.group(compiler, policies)}
	var errs []error
	for _, p := range policies {
		if ctx.Err() != nil {
			return nil, nil
		}
		if next.byID[p.ID] != nil {
			errs = append(errs, fmt.Errorf("%s: there are two policies of this id; the second is not in force", p.ID))
			continue
		}
		compiled := next.baseline.compiled[p.ID]
		u := s.unit(p, compiled)
		if u == nil {
			u = newUnit(p, compiled, compiler)
		}
		if u.broken != nil {
			errs = append(errs, &BrokenPolicy{ID: p.ID, Err: u.broken})
		}
		next.byID[p.ID] = u
		next.units = append(next.units, u)
	}
	slices.SortFunc(next.units, func(a, b *unit) int { return strings.Compare(a.policy.ID, b.policy.ID) })
	next.validations = make([]*unit, 0, len(next.units))
	kinds := map[v1alpha1.InventoryKind]bool{}
	for _, u := range next.units {
		for _, k := range u.policy.Inventory {
			kinds[k] = true
		}
		if u.policy.Kind == policy.Mutation {
			next.mutations = append(next.mutations, u)
		} else {
			next.validations = append(next.validations, u)
		}
	}
	next.kinds = len(kinds)
	return next, errs
}

// unit of an equal policy with the same compiled Rego, if there is one.
func (s *set) unit(p *policy.Policy, compiled *policy.Compiled) *unit {
	if s == nil {
		return nil
	}
	if u := s.byID[p.ID]; u != nil && u.same(p) && (compiled == nil || u.compiled == compiled) {
		return u
	}
	return nil
}

// group compiles the policies of the baseline together; they seldom change. If
// one does not compile, all compile one by one, which finds it.
func (s *set) group(compiler *policy.Compiler, policies []*policy.Policy) group {
	g := group{policies: make([]*policy.Policy, 0, len(policies))}
	for _, p := range policies {
		if p.Baseline {
			g.policies = append(g.policies, p)
		}
	}
	if len(g.policies) == 0 {
		return g
	}
	byID := func(a, b *policy.Policy) int { return strings.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(g.policies, byID) {
		slices.SortStableFunc(g.policies, byID)
	}
	g.policies = slices.CompactFunc(g.policies, func(a, b *policy.Policy) bool { return a.ID == b.ID })
	if s != nil && slices.EqualFunc(s.baseline.policies, g.policies, sameRego) {
		g.compiled = s.baseline.compiled
		return g
	}
	if compiled, err := compiler.CompileGroup(g.policies); err == nil {
		g.compiled = compiled
	}
	return g
}

// sameRego says whether two policies compile to the same.
func sameRego(a, b *policy.Policy) bool {
	return a == b || a.ID == b.ID && a.Kind == b.Kind && a.RegoVersion == b.RegoVersion &&
		slices.Equal(a.Modules, b.Modules) && slices.Equal(a.Libs, b.Libs) && slices.Equal(a.Inventory, b.Inventory)
}

// BrokenPolicy is a policy that does not compile.
type BrokenPolicy struct {
	// ID of the policy.
	ID string
	// Err has OPA's position and message.
	Err error
}

// Error implements error.
func (b *BrokenPolicy) Error() string { return b.ID + ": " + b.Err.Error() }

// Unwrap gives the cause.
func (b *BrokenPolicy) Unwrap() error { return b.Err }

// errNotReady is what a snapshot without policies or inventory says.
var errNotReady = errors.New("the policies are not loaded yet; try again in a few seconds")
