package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
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

// TestSARIFIsWhatTheStandardAsks holds the output against the rules of SARIF
// 2.1.0 that its readers depend on.
func TestSARIFIsWhatTheStandardAsks(t *testing.T) {
	var out bytes.Buffer
	if err := report.SARIF(&out, sample(), report.Options{Version: "v1"}); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct{ ID string }
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation *struct {
						ArtifactLocation struct{ URI string }
						Region           *struct{ StartLine, StartColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Name == "" {
		t.Fatalf("version %q, %d runs", log.Version, len(log.Runs))
	}
	run := log.Runs[0]
	ids := map[string]bool{}
	for _, rule := range run.Tool.Driver.Rules {
		if ids[rule.ID] {
			t.Errorf("rule %s stands twice", rule.ID)
		}
		ids[rule.ID] = true
	}
	if len(run.Results) != 5 {
		t.Errorf("%d results, want 5", len(run.Results))
	}
	for _, res := range run.Results {
		if run.Tool.Driver.Rules[res.RuleIndex].ID != res.RuleID {
			t.Errorf("ruleIndex %d is not %s", res.RuleIndex, res.RuleID)
		}
		if !strings.Contains("none note warning error", res.Level) || res.Message.Text == "" {
			t.Errorf("level %q, message %q", res.Level, res.Message.Text)
		}
		for _, l := range res.Locations {
			if p := l.PhysicalLocation; p != nil {
				if strings.Contains(p.ArtifactLocation.URI, " ") || p.Region == nil || p.Region.StartLine < 1 {
					t.Errorf("location %+v", p)
				}
			}
		}
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
