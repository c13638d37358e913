package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/report"
)

func sample() *report.Report {
	web := report.Object{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: "acme-web", Name: "web"}
	host := report.Finding{
		Place:  report.Place{Field: "spec.rules[0].host", Line: 9, Column: 7, Value: "shop.other.example"},
		Policy: "route-hosts", Title: "Hosts belong to the organization", Severity: v1alpha1.SeverityCritical, Action: v1alpha1.PolicyDeny,
		Message: "The host shop.other.example is not below a domain of the organization acme.",
		Remedy:  "Use a host below acme.example, or ask a platform admin to add the domain.",
		Details: map[string]any{"domains": []any{"acme.example"}},
		Rule:    &report.Rule{File: "rego/baseline/policies/route/route-hosts.rego", Line: 21, Text: "violation contains {"},
	}
	warn := report.Finding{
		Place:  report.Place{Field: "metadata.annotations[higress.io/x]", Line: 5},
		Policy: "route-annotations", Severity: v1alpha1.SeverityMedium, Action: v1alpha1.PolicyWarn, Message: "50% of it, a:b,c\x1b[31m is < 3 & \"odd\".",
	}
	dry := report.Finding{Place: report.Place{Line: 1}, Policy: "mine", Severity: v1alpha1.SeverityLow, Action: v1alpha1.PolicyDryRun, Message: "Counted only."}
	failed := report.Finding{Place: report.Place{Line: 40}, Policy: "slow", Severity: v1alpha1.SeverityHigh, Action: v1alpha1.PolicyDeny, Message: "The policy ran out of time.", Failure: true}
	r := &report.Report{
		Results: []report.Result{
			{File: "a dir/web.yaml", Line: 1, Object: web, Operation: "CREATE", Findings: []report.Finding{warn, host}, Refusal: "route-hosts: ..."},
			{File: "a dir/web.yaml", Line: 20, Object: report.Object{APIVersion: "v1", Kind: "Namespace", Name: "x"}, Operation: "CREATE", Findings: []report.Finding{dry}, Warnings: []string{`unknown field "spec.x"`}},
			{File: "a dir/web.yaml", Line: 40, Object: report.Object{APIVersion: "v1", Kind: "Secret", Namespace: "acme-web", Name: "s"}, Operation: "DELETE", Findings: []report.Finding{failed}},
			{File: "-", Line: 3, Object: report.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: "default", Name: "c"}, Operation: "CREATE"},
			{File: "b.yaml", Line: 1, Object: report.Object{APIVersion: "gateway.networking.k8s.io/v1", Kind: "HTTPRoute", Namespace: "acme-web", Name: strings.Repeat("long-", 16) + "name"}, Operation: "UPDATE",
				Errors: []report.FieldError{{Place: report.Place{Field: "spec.rules[0].backendRefs[0]", Line: 12, Column: 9}, Message: "Must have port for Service reference"}}},
			{File: "b.yaml", Line: 30, Object: web, Operation: "CREATE", NotAsked: &report.Unasked{Webhook: "ingresses.example", Condition: "not-nginx", Reason: `the match condition "not-nginx" of ingresses.example is not met`}},
			{File: "/abs/c.yaml", Line: 1, Object: web, Operation: "CREATE", Patches: []report.Patch{{Op: "add", Path: "/metadata/labels", Value: map[string]any{"a": "b"}}}},
		},
		Problems: []report.Problem{{File: "d.yaml", Line: 7, Message: "key \"a\" already set in map"}, {Message: "AdmissionPolicy bad: 3:1: rego_parse_error"}},
	}
	for i := range r.Results {
		r.Results[i].Settle(i != 3 && i != 5)
	}
	return r
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestFormats(t *testing.T) {
	tests := []struct {
		name, format, golden string
		report               *report.Report
		options              report.Options
	}{
		{"table", "table", "table.txt", sample(), report.Options{Width: 100}},
		{"narrow table", "table", "narrow.txt", sample(), report.Options{Width: 60}},
		{"table of failures", "table", "failures.txt", sample(), report.Options{Width: 200, Failures: true}},
		{"empty table", "table", "empty.txt", &report.Report{}, report.Options{Width: 100}},
		{"JSON", "json", "report.json", sample(), report.Options{}},
		{"empty JSON", "json", "empty.json", &report.Report{}, report.Options{}},
		{"JUnit", "junit", "junit.xml", sample(), report.Options{}},
		{"SARIF", "sarif", "report.sarif", sample(), report.Options{Version: "v1.2.3"}},
		{"empty SARIF", "sarif", "empty.sarif", &report.Report{}, report.Options{}},
		{"GitHub", "github", "github.txt", sample(), report.Options{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := report.Formats()[tt.format](&out, tt.report, tt.options); err != nil {
				t.Fatal(err)
			}
			golden(t, tt.golden, out.Bytes())
			switch tt.format {
			case "json", "sarif":
				if !json.Valid(out.Bytes()) {
					t.Error("it is not JSON")
				}
			case "junit":
				if err := xml.Unmarshal(out.Bytes(), new(any)); err != nil {
					t.Errorf("it is not XML: %v", err)
				}
			case "table":
				for line := range strings.Lines(out.String()) {
					if strings.ContainsRune(line, '\x1b') {
						t.Errorf("a control character reaches the terminal: %q", line)
					}
				}
			}
		})
	}
}

// TestNoManifestMakesACommand: whatever a file is called and an object holds, a
// line of GitHub's is one command, with the properties that it is given here.
func TestNoManifestMakesACommand(t *testing.T) {
	r := &report.Report{
		Results: []report.Result{{
			File: "a,line=1::b\n::set-output name=x::y.yaml", Line: 2, Object: report.Object{Kind: "Ingress", Name: "x"},
			Findings: []report.Finding{{Policy: "p,file=z", Action: v1alpha1.PolicyDeny, Message: "no\n::warning::yes"}},
		}},
	}
	r.Results[0].Settle(true)
	var out bytes.Buffer
	if err := report.GitHub(&out, r, report.Options{}); err != nil {
		t.Fatal(err)
	}
	want := "::error file=a%2Cline=1%3A%3Ab%0A%3A%3Aset-output name=x%3A%3Ay.yaml,line=2,title=p%2Cfile=z::Ingress x: no%0A::warning::yes\n1 object: 0 passed, 1 denied\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUnaskedEverywhere holds that an object that no webhook is asked about is in
// every format, as nothing that somebody has to see to.
func TestUnaskedEverywhere(t *testing.T) {
	unasked := func(n int) *report.Report {
		r := &report.Report{}
		for i := range n {
			r.Results = append(r.Results, report.Result{
				File: "-", Line: i + 1, Operation: "CREATE", Object: report.Object{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: "shop", Name: fmt.Sprintf("web-%d", i)},
				NotAsked: &report.Unasked{Reason: "of nginx\n::error::x"},
			})
			r.Results[i].Settle(false)
		}
		return r
	}
	tests := []struct {
		name, format string
		n            int
		has          []string
		no           string
	}{
		{"table", "table", 1, []string{"NotAsked  Ingress shop/web-0  stdin:1", "1 not asked about"}, "Pass"},
		{"JSON", "json", 1, []string{`"outcome": "NotAsked"`, `"reason": "of nginx`}, `"findings": [{`},
		{"JUnit", "junit", 1, []string{`tests="1" failures="0" errors="0" skipped="1"`, `<skipped message="the webhook is not asked: of nginx`}, "<failure"},
		{"SARIF", "sarif", 2, []string{`"results": []`, `"executionSuccessful": true`, `"text": "Ingress shop/web-1: the webhook is not asked: of nginx`}, `"level": "error"`},
		{"GitHub", "github", 2, []string{"::notice title=not asked about::A cluster does not ask the webhook about 2 objects, which no policy judged:%0Astdin:1 Ingress shop/web-0: of nginx%0A::error::x%0Astdin:2 Ingress shop/web-1: "}, "\n::error"},
		{"many for GitHub", "github", 25, []string{"web-19: of nginx%0A::error::x%0Aand 5 more\n"}, "web-20"},
		{"as many as GitHub gets", "github", 20, []string{"web-19: of nginx%0A::error::x\n"}, "more"},
		{"none for GitHub", "github", 0, []string{"0 objects: 0 passed"}, "::"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := report.Formats()[tt.format](&out, unasked(tt.n), report.Options{Width: 100}); err != nil {
				t.Fatal(err)
			}
			for _, part := range tt.has {
				if !strings.Contains(out.String(), part) {
					t.Errorf("no %q in:\n%s", part, &out)
				}
			}
			if strings.Contains(out.String(), tt.no) {
				t.Errorf("%q in:\n%s", tt.no, &out)
			}
		})
	}
}

func TestSettle(t *testing.T) {
	deny, warn := v1alpha1.PolicyDeny, v1alpha1.PolicyWarn
	tests := []struct {
		name   string
		result report.Result
		judged bool
		want   report.Outcome
	}{
		{"nothing applies", report.Result{}, false, report.Unjudged},
		{"nothing found", report.Result{}, true, report.Pass},
		{"dry run", report.Result{Findings: []report.Finding{{Action: v1alpha1.PolicyDryRun}}}, true, report.Pass},
		{"warned, then denied", report.Result{Findings: []report.Finding{{Action: warn}, {Action: deny}, {Action: warn}}}, true, report.Deny},
		{"warned", report.Result{Findings: []report.Finding{{Action: warn}}}, true, report.Warn},
		{"a policy failed", report.Result{Findings: []report.Finding{{Action: deny}, {Action: deny, Failure: true}}}, true, report.Invalid},
		{"a policy failed, which may", report.Result{Findings: []report.Finding{{Action: warn, Failure: true}}}, true, report.Warn},
		{"not asked", report.Result{NotAsked: &report.Unasked{}}, false, report.NotAsked},
		{"not asked, and invalid", report.Result{NotAsked: &report.Unasked{}, Errors: []report.FieldError{{Message: "x"}}}, false, report.Invalid},
		{"invalid", report.Result{Errors: []report.FieldError{{Message: "x"}}}, false, report.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.result.Settle(tt.judged); tt.result.Outcome != tt.want {
				t.Errorf("%s, want %s", tt.result.Outcome, tt.want)
			}
		})
	}
}
