package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/report"
)

// sarifInvocation is a run of the program.
type sarifInvocation struct {
	Successful    bool `json:"executionSuccessful"`
	Notifications []struct {
		Descriptor *struct {
			ID    string
			Index int
		}
		Level     string
		Message   struct{ Text string }
		Locations []struct {
			PhysicalLocation *struct {
				ArtifactLocation struct{ URI string }
				Region           *struct{ StartLine int }
			}
			LogicalLocations []struct{ FullyQualifiedName string }
		}
	} `json:"toolExecutionNotifications"`
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
					Name                 string
					Rules, Notifications []struct{ ID string }
				}
			}
			Invocations []sarifInvocation
			Results     []struct {
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
	sarifNotes(t, run.Invocations, run.Tool.Driver.Notifications)
	for _, res := range run.Results {
		if run.Tool.Driver.Rules[res.RuleIndex].ID != res.RuleID {
			t.Errorf("ruleIndex %d is not %s", res.RuleIndex, res.RuleID)
		}
		if !strings.Contains("none note warning error", res.Level) || res.Message.Text == "" {
			t.Errorf("level %q, message %q", res.Level, res.Message.Text)
		}
		if len(res.Locations) == 0 {
			t.Errorf("code scanning refuses a whole file for a result without a location: %s", res.Message.Text)
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

// sarifNotes holds what is no result: bad inputs, and what is not asked about.
func sarifNotes(t *testing.T, invocations []sarifInvocation, known []struct{ ID string }) {
	t.Helper()
	if len(invocations) != 1 || invocations[0].Successful {
		t.Fatalf("%d invocations, or one that took bad input for good", len(invocations))
	}
	levels := map[string]int{}
	for _, n := range invocations[0].Notifications {
		levels[n.Level]++
		if n.Message.Text == "" {
			t.Error("a notification without a message")
		}
		if n.Level == "error" {
			continue
		}
		if n.Descriptor == nil || n.Descriptor.Index >= len(known) || known[n.Descriptor.Index].ID != n.Descriptor.ID {
			t.Errorf("the notification's descriptor is none of the driver's: %+v", n)
		}
		if len(n.Locations) != 1 || n.Locations[0].PhysicalLocation == nil || n.Locations[0].PhysicalLocation.Region.StartLine != 30 || n.Locations[0].LogicalLocations[0].FullyQualifiedName != "Ingress acme-web/web" {
			t.Errorf("the notification's place is %+v", n.Locations)
		}
	}
	if diff := cmp.Diff(map[string]int{"error": 2, "note": 1}, levels); diff != "" {
		t.Errorf("notifications by level (-want +got):\n%s", diff)
	}
}
