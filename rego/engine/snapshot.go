package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/match"
	"tollgate.dev/tollgate/rego/policy"
)

// engineID stands in Violation.Policy for what no policy is to blame for.
const engineID = "admission"

// Snapshot is policies and inventory as they were at one moment. It does not
// change.
type Snapshot struct {
	options   Options
	set       *set
	inventory *inventory.Inventory
	crew      *crew
	views     *views
}

// Inventory the snapshot evaluates with; nil before the first.
func (s *Snapshot) Inventory() *inventory.Inventory { return s.inventory }

// Policies of the snapshot, sorted by id, broken ones included.
func (s *Snapshot) Policies() []*policy.Policy {
	if s.set == nil {
		return nil
	}
	out := make([]*policy.Policy, len(s.set.units))
	for i, u := range s.set.units {
		out[i] = u.policy
	}
	return out
}

// Matching returns the policies that are asked about a review: when it is
// empty, nothing was evaluated.
func (s *Snapshot) Matching(in Input) ([]*policy.Policy, error) {
	if s.set == nil || s.inventory == nil {
		return nil, errNotReady
	}
	if err := in.ensure(); err != nil {
		return nil, err
	}
	var out []*policy.Policy
	target := s.target(in)
	for _, u := range s.set.units {
		if u.asked(target) {
			out = append(out, u.policy)
		}
	}
	return out, nil
}

// Validate asks all validation policies that match. It never fails: a policy
// that does is a violation with Failure, and a review that cannot be judged at
// all is denied.
func (s *Snapshot) Validate(ctx context.Context, point Point, in Input) Verdict {
	if s.set == nil || s.inventory == nil {
		return denied(errNotReady)
	}
	if err := in.ensure(); err != nil {
		return denied(err)
	}
	jobs := s.evaluate(ctx, s.set.validations, in)
	var verdict Verdict
	for i := range jobs {
		j := &jobs[i]
		result := "pass"
		if j.out.err != nil {
			result = resultOf(j.out)
			verdict.Violations = append(verdict.Violations, failure(j.unit, point, j.out))
		} else if len(j.out.found) > 0 {
			result = "violation"
			verdict.Violations = append(verdict.Violations, violations(j.unit.policy, point, j.out.found)...)
		}
		s.observe(j, point, result)
	}
	sortViolations(verdict.Violations)
	return verdict
}

func denied(err error) Verdict {
	return Verdict{Violations: []Violation{{
		Policy: engineID, Title: "The review can be judged", Severity: v1alpha1.SeverityHigh,
		Action: v1alpha1.PolicyDeny, Message: err.Error(), Failure: true,
	}}}
}

// evaluate runs the units that match.
func (s *Snapshot) evaluate(ctx context.Context, units []*unit, in Input) []job {
	target := s.target(in)
	asked := make([]*unit, 0, 32) // more than most reviews have
	for _, u := range units {
		if u.asked(target) {
			asked = append(asked, u)
		}
	}
	jobs := make([]job, len(asked))
	if len(jobs) > 0 {
		input := s.inputs(in)
		for i, u := range asked {
			jobs[i] = job{unit: u, input: input(u)}
		}
		store := s.store
		if in.reads != nil {
			store = func(u *unit) storage.Store { return noting{s.store(u), s.inventory, in.reads} }
		}
		r := runner{ctx: ctx, store: store, memory: s.options.Memory, patience: time.Duration(s.options.Patience), now: s.options.Now, party: party(in.Subject), start: s.crew.do}
		r.run(jobs)
	}
	return jobs
}

// inputs returns what makes the input of a policy. Those without parameters share
// one.
func (s *Snapshot) inputs(in Input) func(*unit) *ast.Term {
	review, subject := s.review(in), subjectTerm(in.Subject)
	with := func(parameters *ast.Term) *ast.Term {
		return ast.ObjectTerm(
			ast.Item(ast.InternedTerm("review"), review),
			ast.Item(ast.InternedTerm("parameters"), parameters),
			ast.Item(ast.InternedTerm("subject"), subject),
			ast.Item(ast.InternedTerm("texts"), in.converted.texts),
		)
	}
	plain := with(ast.InternedEmptyObject)
	return func(u *unit) *ast.Term {
		if u.plain {
			return plain
		}
		return with(u.parameters)
	}
}

func (in *Input) ensure() error {
	if in.converted != nil {
		return nil
	}
	c, err := convert(in.Request)
	in.converted = c
	return err
}

// target is the review as match blocks see it.
func (s *Snapshot) target(in Input) *match.Target {
	req := in.Request
	t := &match.Target{
		Group:     req.Kind.Group,
		Kind:      req.Kind.Kind,
		Operation: string(req.Operation),
		Namespace: req.Namespace,
		Objects:   in.converted.objects,
	}
	if t.Namespace != "" {
		t.NamespaceLabels, _, _, t.NamespaceKnown = s.inventory.Namespace(t.Namespace)
	}
	return t
}

// review is input.review: the request, and the namespace when it is known.
func (s *Snapshot) review(in Input) *ast.Term {
	pairs := in.converted.review
	if ns := in.Request.Namespace; ns != "" {
		if labels, annotations, _, known := s.inventory.Namespace(ns); known {
			namespace := namespaceTerm(ns, labels, annotations)
			unstable := ast.ObjectTerm(ast.Item(ast.InternedTerm("namespace"), namespace))
			pairs = append(slices.Clip(pairs),
				ast.Item(ast.InternedTerm("_unstable"), unstable),
				ast.Item(ast.InternedTerm("namespaceObject"), namespace))
		}
	}
	return ast.ObjectTerm(pairs...)
}

func (s *Snapshot) observe(j *job, point Point, result string) {
	if s.options.Observer != nil {
		s.options.Observer.Evaluated(j.unit.policy.ID, point, result, j.took)
	}
}

func violations(p *policy.Policy, point Point, found []finding) []Violation {
	out := make([]Violation, 0, len(found))
	for _, f := range found {
		out = append(out, Violation{
			Policy: p.ID, Title: p.Title, Severity: p.Severity, Action: action(p, point),
			Message: f.message, Field: f.field, Remedy: cmp.Or(f.remedy, p.Remedy), Details: f.details,
		})
	}
	return out
}

func resultOf(out outcome) string {
	if out.stop != running {
		return "timeout"
	}
	return "error"
}

// failure is the violation of a policy that did not judge.
func failure(u *unit, point Point, out outcome) Violation {
	var why string
	switch {
	case out.stop == outOfMemory:
		why = "it used too much memory"
	case out.stop != running:
		why = fmt.Sprintf("it did not finish within %s", u.timeout())
	case u.policy.Unable != nil:
		why = oneLine(u.policy.Unable)
	case u.broken != nil:
		why = "it does not compile: " + oneLine(out.err)
	default:
		why = oneLine(out.err)
	}
	return Violation{
		Policy: u.policy.ID, Title: u.policy.Title, Severity: u.policy.Severity,
		Action:  failureAction(u.policy, point),
		Message: cut("the policy "+u.policy.ID+" could not judge this request: "+why, maxMessage),
		Remedy:  "Ask a platform admin to repair the policy or to set its onError to Allow.",
		Failure: true,
	}
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

func sortViolations(v []Violation) {
	slices.SortStableFunc(v, func(a, b Violation) int {
		return cmp.Or(strings.Compare(a.Policy, b.Policy), strings.Compare(a.Field, b.Field), strings.Compare(a.Message, b.Message))
	})
}
