package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/match"
	"tollgate.dev/tollgate/rego/policy"
)

// unit is one policy, compiled. It is reused by later snapshots while the
// policy does not change.
type unit struct {
	policy     *policy.Policy
	matcher    *match.Matcher
	compiled   *policy.Compiled
	broken     error // why it cannot judge
	parameters *ast.Term
	plain      bool          // has no parameters
	conditions [][]condition // of each rule that yields something; nil: none are known
	breaker    *breaker
	sees       int // how many kinds of whole objects
}

// newUnit prepares a policy; compiled is nil when it is to compile alone.
func newUnit(p *policy.Policy, compiled *policy.Compiled, compiler *policy.Compiler) *unit {
	u := &unit{policy: p, breaker: &breaker{}, compiled: compiled, broken: p.Unable, sees: len(listedKinds(p))}
	var err error
	if u.matcher, err = match.Compile(&p.Match); err != nil {
		u.broken = errors.Join(u.broken, err)
	}
	parameters := p.Parameters
	if parameters == nil {
		parameters = map[string]any{}
	}
	v, err := ast.InterfaceToValue(parameters)
	if err != nil {
		u.broken = errors.Join(u.broken, fmt.Errorf("reading the parameters: %w", err))
		v = ast.NewObject()
	}
	u.parameters, u.plain = ast.NewTerm(v), len(parameters) == 0
	if u.compiled != nil {
		u.conditions = conditionsOf(u.compiled, policy.RuleName(p.Kind))
	} else {
		if u.compiled, err = compiler.Compile(p); err != nil {
			u.broken = errors.Join(u.broken, err)
		}
	}
	return u
}

// same says whether the unit was made of an equal policy.
func (u *unit) same(p *policy.Policy) bool {
	return u.policy == p || reflect.DeepEqual(u.policy, p)
}

// asked says whether the policy is asked about a review. No policy of a user's is
// when an AdmissionPolicy is deleted: one that matches every kind and refuses, or
// fails, could not be taken away.
func (u *unit) asked(t *match.Target) bool {
	if !u.policy.Baseline && t.Operation == "DELETE" && t.Kind == "AdmissionPolicy" && t.Group == v1alpha1.GroupName {
		return false
	}
	return u.matcher.Matches(t)
}

func (u *unit) timeout() time.Duration {
	if u.policy.Timeout > 0 {
		return u.policy.Timeout
	}
	return policy.DefaultTimeout
}

// strict says whether a builtin's error fails the policy.
func (u *unit) strict() bool { return u.policy.RegoVersion != v1alpha1.RegoV0 }

// outcome of one evaluation: a value or why there is none.
type outcome struct {
	value ast.Value // the set that the rule yields; nil when undefined
	found []finding
	err   error
	stop  stop
}

// errStopped stands for an evaluation that was stopped.
var errStopped = errors.New("stopped")

// evaluate runs the policy once. It does not panic.
func (u *unit) evaluate(ctx context.Context, store storage.Store, input *ast.Term, l *limits, m *memory) (out outcome) {
	defer func() {
		if r := recover(); r != nil {
			out = outcome{err: fmt.Errorf("the evaluation broke down: %v", r)}
		}
		if time.Now().After(l.deadline) {
			l.why.CompareAndSwap(int32(running), int32(outOfTime)) // a builtin may not have looked
		}
		if why := stop(l.why.Load()); why != running {
			out.err, out.stop = errStopped, why
		}
		if out.err != nil {
			m.forget()
		}
	}()
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return outcome{err: fmt.Errorf("reading the inventory: %w", err)}
	}
	defer store.Abort(ctx, txn)
	cache := m.of(u.compiled.Compiler)
	if u.idle(input, cache) {
		return outcome{}
	}
	query := topdown.NewQuery(u.compiled.Query).
		WithQueryCompiler(u.compiled.QueryCompiler).
		WithCompiler(u.compiled.Compiler).
		WithStore(store).
		WithTransaction(txn).
		WithInput(input).
		WithCancel(l).
		WithMetrics(metrics.NoOp()).
		WithTime(time.Unix(0, 1)).
		WithSeed(noChance{}).
		WithStrictBuiltinErrors(u.strict()).
		WithVirtualCache(cache).
		WithBaseCache(m.read(store))
	var result ast.Value
	err = query.Iter(ctx, func(qr topdown.QueryResult) error {
		if t := qr[u.compiled.Result]; t != nil {
			result = t.Value
		}
		return nil
	})
	if err != nil {
		return outcome{err: err}
	}
	if u.policy.Kind == policy.Mutation {
		return outcome{value: result}
	}
	found, err := readFindings(result)
	return outcome{found: found, err: err}
}

// noChance is the randomness of evaluations: there is none.
type noChance struct{}

// Read implements io.Reader.
func (noChance) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
