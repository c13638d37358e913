package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tollgate.dev/tollgate/rego/policy"
)

// set is all policies in force, sorted by id.
type set struct {
	units []*unit
	byID  map[string]*unit
	// byKind remembers which units look at a kind, by their match's kinds.
	validations []*unit
	mutations   []*unit
}

// with makes the set of other policies, reusing what did not change.
func (s *set) with(ctx context.Context, policies []*policy.Policy) (*set, []error) {
	next := &set{byID: make(map[string]*unit, len(policies))}
	var errs []error
	for _, p := range policies {
		if ctx.Err() != nil {
			return nil, nil
		}
		if next.byID[p.ID] != nil {
			errs = append(errs, fmt.Errorf("%s: there are two policies of this id; the second is not in force", p.ID))
			continue
		}
		u := s.unit(p)
		if u == nil {
			u = newUnit(p)
		}
		if u.broken != nil {
			errs = append(errs, &BrokenPolicy{ID: p.ID, Err: u.broken})
		}
		next.byID[p.ID] = u
		next.units = append(next.units, u)
	}
	slices.SortFunc(next.units, func(a, b *unit) int { return strings.Compare(a.policy.ID, b.policy.ID) })
	for _, u := range next.units {
		if u.policy.Kind == policy.Mutation {
			next.mutations = append(next.mutations, u)
		} else {
			next.validations = append(next.validations, u)
		}
	}
	return next, errs
}

// unit of an equal policy, if there is one.
func (s *set) unit(p *policy.Policy) *unit {
	if s == nil {
		return nil
	}
	if u := s.byID[p.ID]; u != nil && u.same(p) {
		return u
	}
	return nil
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
