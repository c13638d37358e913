package terms_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/terms"
)

func TestApplication(t *testing.T) {
	now := instant(t, "2026-11-20T11:00:00Z")
	weekly := &v1alpha1.Budget{Limit: "50", Period: v1alpha1.Weekly}
	nodes := []terms.Node{
		{Path: "acme.chat.engineers.bob", Budget: &v1alpha1.Budget{Limit: "70", Period: v1alpha1.Total}},
		{Path: "acme.chat.engineers", UserBudget: weekly},
		{Path: "acme", Budget: &v1alpha1.Budget{Limit: "3000"}},
		{Path: "acme.chat.sales"},
		{Path: "acme.chat"},
		{Path: "acme.search", Budget: &v1alpha1.Budget{Limit: "1", TimeZone: "Europe/Bonn"}},
		{Path: "acme.search.engineers", UserBudget: &v1alpha1.Budget{Limit: "1e3"}},
		{Path: "acme.search.engineers.twice", Budget: weekly},
		{Path: "acme.search.engineers.twice"},
		{Path: "acme.Search"},
		{Path: "acme.chat.engineers.carol", UserBudget: weekly},
	}
	monthly := ledger.Terms{Calendar: "Monthly/1@UTC"}
	wantNodes := []ledger.NodeTerms{
		{Path: "acme", Terms: ledger.Terms{Limit: 3000 * money.Dollar, Enforcement: ledger.Block, Calendar: "Monthly/1@UTC"}},
		{Path: "acme.chat", Terms: monthly},
		{Path: "acme.chat.engineers", Terms: monthly, Users: &ledger.Terms{Limit: 50 * money.Dollar, Enforcement: ledger.Block, Calendar: "Weekly/Monday@UTC"}},
		{Path: "acme.chat.engineers.bob", Terms: ledger.Terms{Limit: 70 * money.Dollar, Enforcement: ledger.Block, Calendar: "Total"}},
		{Path: "acme.chat.sales", Terms: monthly, Users: &monthly},
	}
	wantProblems := []string{
		`acme.Search: "acme.Search": not a budget path`,
		"acme.chat.engineers.carol (users): only a group",
		`acme.search: timeZone: time zone "Europe/Bonn": not an IANA time zone`,
		`acme.search.engineers (users): limit: parsing "1e3": not a decimal amount`,
		`acme.search.engineers.twice: budget "acme.search.engineers.twice" is there twice`,
		`acme.search.engineers.twice: budget "acme.search.engineers.twice" is there twice`,
	}
	app, problems := terms.NewCompiler().Application(nodes, now)
	if diff := cmp.Diff(wantNodes, app.Nodes); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	if len(problems) != len(wantProblems) {
		t.Errorf("problems: %v", problems)
	}
	for i, p := range problems {
		text := fmt.Sprintf("%s: %v", p.Path, p.Err)
		if p.UserBudget {
			text = fmt.Sprintf("%s (users): %v", p.Path, p.Err)
		}
		if i < len(wantProblems) && !strings.HasPrefix(text, wantProblems[i]) {
			t.Errorf("problem %q, want %q", text, wantProblems[i])
		}
	}
	var ids []string
	for _, c := range app.Calendars {
		ids = append(ids, c.ID)
		covered := c.Total || !c.Boundaries[0].After(now) && c.Boundaries[len(c.Boundaries)-1].After(now.AddDate(0, 3, 0))
		if !covered || c.Total != (len(c.Boundaries) == 0) {
			t.Errorf("calendar %s does not go three months ahead: %v", c.ID, c.Boundaries)
		}
	}
	if diff := cmp.Diff([]string{"Monthly/1@UTC", "Total", "Weekly/Monday@UTC"}, ids); diff != "" {
		t.Errorf("calendars (-want +got):\n%s", diff)
	}
}

// nodeLists draws the nodes of one organization, a path perhaps twice.
func nodeLists() *rapid.Generator[[]terms.Node] {
	node := rapid.Custom(func(t *rapid.T) terms.Node {
		n := terms.Node{Path: rapid.SampledFrom([]string{
			"acme", "acme.chat", "acme.chat.a", "acme.chat.b", "acme.chat.a.x", "acme.chat.a.y", "acme.chat.b.x", "acme.search",
		}).Draw(t, "path"), Budget: budgets().Draw(t, "budget")}
		if strings.Count(n.Path, ".") == 2 {
			n.UserBudget = budgets().Draw(t, "user budget")
		}
		return n
	})
	return rapid.SliceOfN(node, 0, 8)
}

func TestApplicationIsDeterministicAndComplete(t *testing.T) {
	c := terms.NewCompiler()
	now := time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		nodes := nodeLists().Draw(t, "nodes")
		app, problems := c.Application(nodes, now)
		again, problemsAgain := terms.NewCompiler().Application(rapid.Permutation(nodes).Draw(t, "order"), now)
		if diff := cmp.Diff(app, again); diff != "" {
			t.Fatalf("in another order (-first +second):\n%s", diff)
		}
		if diff := cmp.Diff(problems, problemsAgain, cmp.Comparer(func(a, b error) bool { return a.Error() == b.Error() })); diff != "" {
			t.Fatalf("problems in another order (-first +second):\n%s", diff)
		}
		if len(app.Nodes)+len(problems) != len(nodes) {
			t.Fatalf("%d nodes gave %d terms and %d problems", len(nodes), len(app.Nodes), len(problems))
		}
		known := map[string]bool{}
		for _, cal := range app.Calendars {
			known[cal.ID] = true
		}
		named := map[string]bool{}
		for _, n := range app.Nodes {
			named[n.Terms.Calendar] = true
			if n.Users != nil {
				named[n.Users.Calendar] = true
			}
		}
		if diff := cmp.Diff(named, known); diff != "" {
			t.Fatalf("calendars (-named +written):\n%s", diff)
		}
	})
}

func TestRemoved(t *testing.T) {
	nodes := []terms.Node{
		{Path: "acme"}, {Path: "acme.chat"},
		{Path: "acme.broken", Budget: &v1alpha1.Budget{Limit: "x"}},
	}
	views := []ledger.NodeView{
		{Path: "acme.chat.engineers.carol", Applied: false}, // a user who was never listed
		{Path: "acme.old", Applied: true},
		{Path: "acme", Applied: true},
		{Path: "acme.broken", Applied: true}, // keeps its terms
		{Path: "acme.chat.engineers.bob", Applied: true},
		{Path: "acme.chat", Applied: true},
	}
	got := terms.Removed(nodes, views)
	if !slices.Equal(got, []ledger.Path{"acme.chat.engineers.bob", "acme.old"}) {
		t.Errorf("removed: %v", got)
	}
}
