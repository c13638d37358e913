package review

import (
	"context"
	"encoding/json"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/judge"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/manifest"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/report"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/session"
)

// nobody is said where every namespace is nobody's: a verdict that nobody's scope
// was broken would be true and useless.
const nobody = "no Organization is known, so no tenant's scope can be judged: give --inventory with the cluster's Organizations, or --cluster"

// review judges the manifests of the arguments and writes the report.
func (o *options) review(ctx context.Context, args []string, s streams) error {
	l, err := o.load(ctx, args, s)
	if err != nil {
		return err
	}
	outcomes, err := l.session.Review(ctx, l.docs, session.Request{
		User: o.asked(), Operation: admissionv1.Operation(o.operation), Old: l.old, Explain: o.explain,
	})
	if err != nil {
		return err
	}
	r := &report.Report{}
	for i := range l.docs {
		res, err := result(l.session, &l.docs[i], outcomes[i])
		if err != nil {
			return err
		}
		r.Results = append(r.Results, *res)
	}
	if r.Summary().Judged() && !l.session.KnowsOrganizations(l.docs) {
		r.Problems = append(r.Problems, report.Problem{File: "the inventory", Message: nobody})
	}
	for _, p := range l.problems {
		r.Problems = append(r.Problems, report.Problem{File: p.File, Line: p.Line, Message: p.Err.Error()})
	}
	if err := report.Formats()[o.output](s.out, r, s.format); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return verdict(r.Summary())
}

// result is an outcome as the report has it, with the places of its fields.
func result(s *session.Session, d *manifest.Document, out *judge.Outcome) (*report.Result, error) {
	u := out.Object
	name := u.GetName()
	if name == "" {
		name = u.GetGenerateName()
	}
	res := &report.Result{
		File: d.File, Line: d.Line, Operation: string(out.Operation), Warnings: out.Warnings,
		Object: report.Object{APIVersion: u.GetAPIVersion(), Kind: u.GetKind(), Namespace: u.GetNamespace(), Name: name},
	}
	for _, e := range out.Errors {
		res.Errors = append(res.Errors, report.FieldError{Place: place(d, e.Field), Message: e.ErrorBody()})
	}
	for i, v := range out.Verdict.Violations {
		f := report.Finding{
			Place: place(d, v.Field), Policy: v.Policy, Title: v.Title, Severity: v.Severity, Action: v.Action,
			Message: v.Message, Remedy: v.Remedy, Details: v.Details, Failure: v.Failure,
		}
		if i < len(out.Fired) && len(out.Fired[i]) > 0 {
			f.Rule = s.Locate(out.Fired[i][0])
		}
		res.Findings = append(res.Findings, f)
	}
	if resp := out.Response; resp != nil && !resp.Allowed && resp.Result != nil {
		res.Refusal = resp.Result.Message
		if len(res.Findings) == 0 {
			res.Errors = append(res.Errors, report.FieldError{Place: place(d, ""), Message: resp.Result.Message})
		}
	}
	if a := out.NotAsked; a != nil {
		res.NotAsked = &report.Unasked{Webhook: a.Webhook, Condition: a.Condition, Reason: a.Reason}
	}
	for _, raw := range out.Patches {
		var patches []report.Patch
		if err := json.Unmarshal(raw, &patches); err != nil {
			return nil, fmt.Errorf("reading the patch of %s: %w", res.Object, err)
		}
		res.Patches = append(res.Patches, patches...)
	}
	res.Settle(out.Judged)
	return res, nil
}

func place(d *manifest.Document, field string) report.Place {
	at := d.Position(field)
	return report.Place{Field: field, Line: at.Line, Column: at.Column, Value: at.Value}
}
