package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Fired is a rule that yielded a violation.
type Fired struct {
	// File is the name of the policy's module, such as
	// policies/route/route-hosts.rego, or <id>.rego for an AdmissionPolicy.
	File string
	// Line in it, from 1.
	Line int
	// Text is the rule's first line.
	Text string
}

// explainPatience is how much longer than its timeout a policy may run while it
// is watched, which is slow.
const explainPatience = 20

// Explain evaluates one policy once more and returns the rules that yield a
// violation, in the order in which they fired. It is slow, and none for a
// violation that no rule yields, such as a failure.
func (s *Snapshot) Explain(ctx context.Context, in Input, v Violation) ([]Fired, error) {
	if s.set == nil || s.inventory == nil {
		return nil, errNotReady
	}
	if err := in.ensure(); err != nil {
		return nil, err
	}
	u := s.set.byID[v.Policy]
	if u == nil || u.broken != nil || v.Failure {
		return nil, nil
	}
	txn, err := s.inventory.NewTransaction(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the inventory: %w", err)
	}
	defer s.inventory.Abort(ctx, txn)
	stop := topdown.NewCancel()
	defer time.AfterFunc(explainPatience*u.timeout(), stop.Cancel).Stop()
	watcher := &watcher{unit: u, violation: v}
	query := topdown.NewQuery(u.compiled.Query).
		WithQueryCompiler(u.compiled.QueryCompiler).
		WithCompiler(u.compiled.Compiler).
		WithStore(s.store(u)).
		WithTransaction(txn).
		WithInput(s.inputs(in)(u)).
		WithCancel(stop).
		WithTime(time.Unix(0, 1)).
		WithSeed(noChance{}).
		WithStrictBuiltinErrors(u.strict()).
		WithQueryTracer(watcher)
	if err := query.Iter(ctx, func(topdown.QueryResult) error { return nil }); err != nil {
		return nil, fmt.Errorf("evaluating %s once more: %w", v.Policy, err)
	}
	return watcher.fired, nil
}

// watcher notes the rules of a policy that yield a violation.
type watcher struct {
	unit      *unit
	violation Violation
	fired     []Fired
}

// Enabled implements topdown.QueryTracer.
func (w *watcher) Enabled() bool { return true }

// Config implements topdown.QueryTracer.
func (w *watcher) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent implements topdown.QueryTracer.
func (w *watcher) TraceEvent(event topdown.Event) {
	rule, ok := event.Node.(*ast.Rule)
	if !ok || event.Op != topdown.ExitOp || rule.Head.Key == nil || rule.Location == nil ||
		rule.Module == nil || !rule.Module.Package.Path.Equal(w.unit.compiled.Package) {
		return
	}
	f, err := readFinding(event.Plug(rule.Head.Key))
	if err != nil || f.message != w.violation.Message || f.field != w.violation.Field {
		return
	}
	text, _, _ := strings.Cut(string(rule.Location.Text), "\n")
	fired := Fired{File: rule.Location.File, Line: rule.Location.Row, Text: strings.TrimSpace(text)}
	for _, earlier := range w.fired {
		if earlier == fired {
			return
		}
	}
	w.fired = append(w.fired, fired)
}
