package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
)

// DefaultMemory is how many bytes the heap may grow while one evaluation that
// takes longer than 20 ms runs.
const DefaultMemory = 256 << 20

// Observer hears of evaluations, for metrics. It must not block.
type Observer interface {
	// Evaluated is called once per policy and review that matched. result is
	// "pass", "violation", "error" or "timeout".
	Evaluated(policy string, point Point, result string, took time.Duration)
}

// Options of an engine. The zero value is good.
type Options struct {
	// Memory is how many bytes the heap may grow during one evaluation;
	// DefaultMemory when 0.
	Memory uint64
	// Patience multiplies the policies' timeouts, for places where nobody waits
	// and the machine may be slow, such as a review in CI; 1 when 0.
	Patience int
	// Observer may be nil.
	Observer Observer
	// Now is the breaker's clock; time.Now when nil.
	Now func() time.Time
}

// Engine holds the current snapshot. All methods may be called at any time from
// any goroutine.
type Engine struct {
	options  Options
	compiler *policy.Compiler
	changes  sync.Mutex // one change at a time; readers take no lock
	current  atomic.Pointer[Snapshot]
}

// New makes an engine that has neither policies nor inventory yet.
func New(options Options) *Engine {
	if options.Memory == 0 {
		options.Memory = DefaultMemory
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	options.Patience = max(options.Patience, 1)
	e := &Engine{options: options, compiler: policy.NewCompiler()}
	e.current.Store(&Snapshot{options: options, crew: &crew{}, views: &views{}})
	return e
}

// UsePolicies puts a set of policies in force, all at once. What did not change
// since the last call is not compiled again. The errors, one per policy that
// does not compile, begin with the policy's id; such a policy is in force as
// broken: it fails every review it matches, as its OnError says. A cancelled
// context leaves everything as it was. The policies may not be changed
// afterwards.
func (e *Engine) UsePolicies(ctx context.Context, policies []*policy.Policy) []error {
	return e.change(ctx, policies, func(*Snapshot) {})
}

// UseInventory puts an inventory in force.
func (e *Engine) UseInventory(inv *inventory.Inventory) {
	e.changes.Lock()
	defer e.changes.Unlock()
	next := *e.current.Load()
	next.inventory, next.views = inv, &views{}
	e.current.Store(&next)
}

// Use does as UsePolicies and UseInventory do, in one step: no review is judged by
// the policies of other settings than its inventory was made by.
func (e *Engine) Use(ctx context.Context, policies []*policy.Policy, inv *inventory.Inventory) []error {
	return e.change(ctx, policies, func(s *Snapshot) { s.inventory = inv })
}

func (e *Engine) change(ctx context.Context, policies []*policy.Policy, also func(*Snapshot)) []error {
	e.changes.Lock()
	defer e.changes.Unlock()
	set, errs := e.current.Load().set.with(ctx, e.compiler, policies)
	if err := ctx.Err(); err != nil {
		return []error{fmt.Errorf("compiling policies: %w", err)}
	}
	next := *e.current.Load()
	next.set, next.views = set, &views{}
	also(&next)
	e.current.Store(&next)
	return errs
}

// Ready returns nil once policies and an inventory were given, and otherwise
// what is missing.
func (e *Engine) Ready() error {
	s := e.current.Load()
	var missing []error
	if s.set == nil {
		missing = append(missing, errors.New("the policies are not compiled yet"))
	}
	if s.inventory == nil {
		missing = append(missing, errors.New("the inventory is not there yet"))
	}
	return errors.Join(missing...)
}

// Snapshot returns what is in force now. It does not change when the engine
// does.
func (e *Engine) Snapshot() *Snapshot { return e.current.Load() }
