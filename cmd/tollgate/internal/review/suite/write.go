package suite

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/report"
)

// Table writes the cases that fail, each with what the user would read, and a
// summary.
func Table(w io.Writer, all []*Verdict) error {
	failed := 0
	var b, details strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, v := range all {
		if v.Wrong == nil {
			continue
		}
		if failed++; failed == 1 {
			fmt.Fprintln(tw, "CASE\tWANT\tGOT\tBY")
		}
		got := string(v.Got)
		if got == "" {
			got = "Error"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", v.Case.Name, v.Case.Expect, got, strings.Join(v.Policies, ","))
		fmt.Fprintf(&details, "\n%s: %v\n", v.Case.Name, v.Wrong)
		for line := range strings.Lines(v.Told()) {
			fmt.Fprintf(&details, "  %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if b.WriteString(details.String()); failed > 0 {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%d cases: %d as expected, %d not\n", len(all), len(all)-failed, failed)
	_, err := io.WriteString(w, b.String())
	return err
}

// Report is the verdicts in the form of a review, for its formats: a case that
// holds passes, and one that does not is denied.
func Report(dir string, all []*Verdict) *report.Report {
	r := &report.Report{}
	for _, v := range all {
		u := v.Outcome.Object
		name := u.GetName()
		if name == "" {
			name = u.GetGenerateName()
		}
		res := report.Result{
			File: filepath.Join(dir, v.Case.Name), Line: v.Case.Document.Line, Operation: string(v.Outcome.Operation),
			Object: report.Object{APIVersion: u.GetAPIVersion(), Kind: u.GetKind(), Namespace: u.GetNamespace(), Name: name},
		}
		if v.Wrong != nil {
			message := v.Wrong.Error()
			if told := v.Told(); told != "" {
				message += ": " + told
			}
			res.Findings = append(res.Findings, report.Finding{
				Place: report.Place{Line: res.Line}, Policy: "suite", Title: "The case ends as expected",
				Severity: v1alpha1.SeverityHigh, Action: v1alpha1.PolicyDeny, Message: message,
			})
		}
		res.Settle(true)
		r.Results = append(r.Results, res)
	}
	return r
}
