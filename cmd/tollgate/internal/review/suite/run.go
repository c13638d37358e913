package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/complete"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/dispatch"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/judge"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/manifest"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/session"
)

// Verdict is what became of a case.
type Verdict struct {
	Case *Case
	// Got is what became of it; "" when a policy failed.
	Got Expect
	// Policies are the ids of those that deny, or else of those that warn, sorted.
	Policies []string
	// Outcome has the details.
	Outcome *judge.Outcome
	// Wrong says why the case fails; nil when it holds.
	Wrong error
}

// Runner judges the cases of one suite.
type Runner struct {
	suite   *Suite
	session *session.Session
}

// Open prepares a suite's world. An error joins all that is wrong with it.
func (s *Suite) Open(ctx context.Context) (*Runner, error) {
	asks, problems, err := session.Asks(s.Webhooks)
	if err == nil {
		err = errors.Join(wrap(problems)...)
	}
	if err != nil {
		return nil, err
	}
	return s.open(ctx, asks)
}

// OpenAsked prepares a suite's world where the webhook is asked about everything,
// whatever its configurations say: its policies judge every case.
func (s *Suite) OpenAsked(ctx context.Context) (*Runner, error) { return s.open(ctx, nil) }

func (s *Suite) open(ctx context.Context, asks *dispatch.Configurations) (*Runner, error) {
	conf, err := session.LoadSettings(s.Settings)
	if err != nil {
		return nil, err
	}
	catalog, err := complete.NewCatalog()
	if err != nil {
		return nil, err
	}
	var reviewed []manifest.Document
	for i := range s.Cases {
		reviewed = append(reviewed, s.Cases[i].Document)
	}
	ses, problems, err := session.Open(ctx, session.Options{
		Settings: conf, Asks: asks, Catalog: catalog, Namespace: "default", Existing: s.Existing, Reviewed: reviewed,
	})
	if err != nil {
		return nil, err
	}
	return &Runner{s, ses}, errors.Join(wrap(problems)...)
}

// Run judges one case. An error means that it could not be judged at all.
func (r *Runner) Run(ctx context.Context, c *Case) (*Verdict, error) {
	out, err := r.session.Judge().Admit(ctx, judge.Case{
		Object: c.Document.Object, Old: c.Old, Operation: c.Operation, Namespace: "default", User: c.User,
	})
	if err != nil {
		return nil, fmt.Errorf("judging %s: %w", c.Name, err)
	}
	v := &Verdict{Case: c, Outcome: out}
	v.settle()
	return v, nil
}

// settle compares what became of the case with what must.
func (v *Verdict) settle() {
	out := v.Outcome
	v.Got = Allow
	if v.Policies = v.ids(v1alpha1.PolicyWarn); len(v.Policies) > 0 {
		v.Got = Warn
	}
	if denying := v.ids(v1alpha1.PolicyDeny); len(denying) > 0 {
		v.Got, v.Policies = Deny, denying
	}
	// What the API server refuses counts as denied only where a policy denies it
	// too: another cluster's definitions may let it through.
	if out.NotAsked != nil {
		v.Got = NotAsked
	}
	badRequest := out.Response != nil && !out.Response.Allowed && v.Got != Deny
	if badRequest || len(out.Errors) > 0 && (v.Got != Deny || v.Case.Expect == Invalid) {
		v.Got, v.Policies = Invalid, nil
	}
	for _, violation := range out.Verdict.Violations {
		if violation.Failure {
			v.Got = ""
			v.Wrong = errors.New(violation.Message)
			return
		}
	}
	switch {
	case v.Got == NotAsked && v.Case.Expect == Allow:
	case v.Got != v.Case.Expect:
		v.Wrong = fmt.Errorf("want %s, got %s", v.Case.Expect, v.Got)
	case len(v.Case.Policies) > 0 && !slices.Equal(sorted(v.Case.Policies), v.Policies):
		v.Wrong = fmt.Errorf("want %s by %s, it is by %s", v.Got, strings.Join(sorted(v.Case.Policies), ", "), strings.Join(v.Policies, ", "))
	}
}

func (v *Verdict) ids(action v1alpha1.PolicyAction) []string {
	var ids []string
	for _, violation := range v.Outcome.Verdict.With(action) {
		ids = append(ids, violation.Policy)
	}
	return slices.Compact(sorted(ids))
}

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

// Told is what the one who applies the object reads, in one text.
func (v *Verdict) Told() string {
	var lines []string
	for _, e := range v.Outcome.Errors {
		lines = append(lines, e.Error())
	}
	if a := v.Outcome.NotAsked; a != nil {
		lines = append(lines, "the webhook is not asked: "+a.Reason)
	}
	if resp := v.Outcome.Response; resp != nil {
		if resp.Result != nil && !resp.Allowed {
			lines = append(lines, resp.Result.Message)
		}
		lines = append(lines, resp.Warnings...)
	}
	return strings.Join(lines, "\n")
}
