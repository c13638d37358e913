package terms_test

import (
	"strings"
	"testing"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/terms"
)

// An organization whose budgets are changed step by step, each step written to
// a real ledger and compared with it before and after.
func TestDiffAgainstARealLedger(t *testing.T) {
	client := clustertest.Redis(t).Client()
	defer client.Close()
	l := ledger.New(client)
	c := terms.NewCompiler()

	const alice, carol = "acme.chat.engineers.alice", "acme.chat.engineers.carol"
	dollars := func(limit v1alpha1.Limit, period v1alpha1.Period) *v1alpha1.Budget {
		return &v1alpha1.Budget{Limit: limit, Period: period}
	}
	nodes := map[string]terms.Node{
		"acme":                {Budget: dollars("3000", v1alpha1.Monthly)},
		"acme.chat":           {Budget: dollars("2000", v1alpha1.Total)},
		"acme.chat.engineers": {UserBudget: dollars("50", v1alpha1.Weekly)},
		alice:                 {Budget: dollars("70", v1alpha1.Weekly)},
	}
	list := func() []terms.Node {
		var out []terms.Node
		for path, n := range nodes {
			n.Path = path
			out = append(out, n)
		}
		return out
	}
	apply := func() {
		t.Helper()
		app, problems := c.Application(list(), time.Now())
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		var err error
		if app.Generation, err = l.NextGeneration(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		known, err := l.Paths(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		views, err := l.Nodes(t.Context(), "acme", known)
		if err != nil {
			t.Fatal(err)
		}
		app.Removed = terms.Removed(list(), views)
		if err := l.Apply(t.Context(), "acme", app); err != nil {
			t.Fatal(err)
		}
	}
	want := func(when string, reasons map[string]string) {
		t.Helper()
		for path, reason := range reasons {
			got := diff(t, l, c, nodes, path)
			if got.Reason != reason || got.InForce != (reason == terms.ReasonAsSpecified) || got.InForce != (got.Message == "") {
				t.Errorf("%s: %s is %+v, want %s", when, path, got, reason)
			}
		}
	}
	all := func(reason string) map[string]string {
		return map[string]string{"acme": reason, "acme.chat": reason, "acme.chat.engineers": reason, alice: reason, carol: reason}
	}

	want("before anything is written", all(terms.ReasonNotApplied))
	apply()
	want("written", all(terms.ReasonAsSpecified))
	for i, path := range []ledger.Path{alice, carol} {
		r := ledger.Reservation{ID: "request-" + string(rune('0'+i)), Path: path, Amount: money.Dollar, TTL: time.Minute}
		if _, err := l.Reserve(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	want("used", all(terms.ReasonAsSpecified))

	nodes["acme"] = terms.Node{Budget: dollars("4000", v1alpha1.Monthly)}
	edited := client.HSet(t.Context(), "tg:{acme}:b:acme", "lim", "B4000000000000")
	if edited.Err() != nil {
		t.Fatal(edited.Err())
	}
	want("edited by hand to what the spec says, in an open window", map[string]string{"acme": terms.ReasonLimitDiffers})
	apply()
	want("edited and written", map[string]string{"acme": terms.ReasonAsSpecified})

	nodes["acme"] = terms.Node{Budget: dollars("3500", v1alpha1.Monthly)}
	nodes["acme.chat"] = terms.Node{Budget: dollars("2000", v1alpha1.Monthly)}
	nodes["acme.chat.engineers"] = terms.Node{UserBudget: dollars("60", v1alpha1.Monthly)}
	nodes[alice] = terms.Node{Budget: dollars("80", v1alpha1.Monthly)}
	want("changed and not written", map[string]string{
		"acme": terms.ReasonLimitDiffers, "acme.chat": terms.ReasonPeriodDiffers, "acme.chat.engineers": terms.ReasonUserBudgetDiffers,
		alice: terms.ReasonPeriodDiffers, carol: terms.ReasonPeriodDiffers,
	})
	apply()
	want("changed and written", map[string]string{
		"acme": terms.ReasonAsSpecified, "acme.chat": terms.ReasonNeedsReset, "acme.chat.engineers": terms.ReasonAsSpecified,
		alice: terms.ReasonAtWindowEnd, carol: terms.ReasonAtWindowEnd,
	})
	if got := diff(t, l, c, nodes, alice); !strings.Contains(got.Message, "when the window ends at 20") {
		t.Errorf("the message does not say when: %s", got.Message)
	}

	got := diff(t, l, c, nodes, "acme.chat")
	if ask := "kubectl annotate organization acme tollgate.dev/reset=acme.chat@1970-01-01T00:00:00Z"; !strings.HasSuffix(got.Message, ask) {
		t.Errorf("the message does not say how a reset is asked for: %s", got.Message)
	}

	nodes[alice] = terms.Node{Budget: dollars("70", v1alpha1.Weekly)}
	want("changed back and not written", map[string]string{alice: terms.ReasonPeriodDiffers})
	apply()
	want("changed back and written", map[string]string{alice: terms.ReasonAsSpecified})

	delete(nodes, alice)
	want("no longer listed and not written", map[string]string{alice: terms.ReasonLimitDiffers})
	apply()
	// Her open window keeps its calendar; the group's follows.
	want("no longer listed and written", map[string]string{alice: terms.ReasonAtWindowEnd})
}

// diff compares one path with the ledger, by its own node or, for a user who is
// not listed, by the group's.
func diff(t *testing.T, l *ledger.Ledger, c *terms.Compiler, nodes map[string]terms.Node, path string) terms.Difference {
	t.Helper()
	compile := func(b *v1alpha1.Budget) ledger.Terms {
		t.Helper()
		compiled, err := c.Compile(b)
		if err != nil {
			t.Fatal(err)
		}
		return compiled.Terms
	}
	n, listed := nodes[path]
	want := terms.Wanted{Default: !listed}
	switch {
	case !listed:
		want.Terms = compile(nodes[string(ledger.Path(path).Parent())].UserBudget)
	default:
		want.Terms = compile(n.Budget)
		if ledger.Path(path).Level() == ledger.Group {
			users := compile(n.UserBudget)
			want.Users = &users
		}
	}
	views, err := l.Nodes(t.Context(), "acme", []ledger.Path{ledger.Path(path)})
	if err != nil {
		t.Fatal(err)
	}
	if views[0].Err != nil {
		t.Fatal(views[0].Err)
	}
	return terms.Diff(want, &views[0])
}
