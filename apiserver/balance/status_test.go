package balance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/tenancy"
)

func moment() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

// row is a project's budget of $100 by month, as its Project has it.
func row(t *testing.T) *balance.Row {
	t.Helper()
	owner := balance.NewOwner(balance.Owner{
		Kind:         "Budget",
		Meta:         &metav1.ObjectMeta{Name: "chat", Namespace: "acme-chat", UID: "0b5c7f9e-8f8e-4a54-9d6e-0c6b3a1f2d3c"},
		Organization: balance.Organization{Name: "acme", Ledger: "default"},
		Accepted:     true,
		Reason:       tenancy.ReasonAccepted,
	})
	r := balance.NewRows().Row(owner, tenancy.Node{
		Level: tenancy.LevelProject, Path: "acme.chat", Name: "chat", Organization: "acme", Project: "chat",
		Budget: &v1alpha1.Budget{Limit: "100"},
	}, nil)
	return &r
}

// view is what the ledger has when all is as it should be.
func view(r *balance.Row) ledger.NodeView {
	return ledger.NodeView{
		Path: r.Path, Applied: true, Terms: r.Wanted.Terms,
		WindowStart:   time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		WindowEnd:     time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		BoundariesEnd: time.Date(2029, 12, 1, 0, 0, 0, 0, time.UTC),
	}
}

// summary is a status in what tests compare.
type summary struct {
	State                                    metering.State
	Limit, Spent, Held, Remaining, Used      string
	Available, InForce, Accepted, Boundaries string // reasons; Boundaries of CalendarAhead
}

func summarize(st metering.BudgetStatus) summary {
	s := summary{State: st.State, Limit: st.Limit, Spent: st.Spent, Held: st.Held, Remaining: st.Remaining, Used: st.UsedPercent}
	for _, c := range st.Conditions {
		switch c.Type {
		case metering.ConditionAvailable:
			s.Available = c.Reason
		case metering.ConditionInForce:
			s.InForce = c.Reason
		case metering.ConditionAccepted:
			s.Accepted = c.Reason
		case metering.ConditionCalendarAhead:
			s.Boundaries = c.Reason
		}
	}
	return s
}

func TestStatus(t *testing.T) {
	t.Parallel()
	dollars := func(n int64) money.Amount { return money.Amount(n) * money.Dollar }
	healthy := summary{State: "Active", Limit: "100.00", Spent: "0.00", Held: "0.00", Remaining: "100.00", Used: "0.0",
		Available: "Read", InForce: "AsSpecified", Accepted: "Accepted"}
	tests := []struct {
		name   string
		change func(*ledger.NodeView)
		want   func(*summary)
	}{
		{name: "unused", change: func(*ledger.NodeView) {}, want: func(*summary) {}},
		{name: "spent and held",
			change: func(v *ledger.NodeView) { v.Spent, v.Held = dollars(30), dollars(20) },
			want:   func(s *summary) { s.Spent, s.Held, s.Remaining, s.Used = "30.00", "20.00", "50.00", "50.0" }},
		{name: "a nano-dollar below the threshold",
			change: func(v *ledger.NodeView) { v.Spent = dollars(80) - 1 },
			want:   func(s *summary) { s.Spent, s.Remaining, s.Used = "79.999999999", "20.000000001", "79.9" }},
		{name: "at the threshold, with what is held",
			change: func(v *ledger.NodeView) { v.Spent, v.Held = dollars(79), dollars(1) },
			want: func(s *summary) {
				s.State, s.Spent, s.Held, s.Remaining, s.Used = "Warning", "79.00", "1.00", "20.00", "80.0"
			}},
		{name: "a nano-dollar is left",
			change: func(v *ledger.NodeView) { v.Spent = dollars(100) - 1 },
			want: func(s *summary) {
				s.State, s.Spent, s.Remaining, s.Used = "Warning", "99.999999999", "0.000000001", "99.9"
			}},
		{name: "nothing is left to promise",
			change: func(v *ledger.NodeView) { v.Spent, v.Held = dollars(60), dollars(40) },
			want: func(s *summary) {
				s.State, s.Spent, s.Held, s.Remaining, s.Used = "Exhausted", "60.00", "40.00", "0.00", "100.0"
			}},
		{name: "more was spent than promised",
			change: func(v *ledger.NodeView) { v.Spent = dollars(150) },
			want: func(s *summary) {
				s.State, s.Spent, s.Remaining, s.Used = "Exhausted", "150.00", "0.00", "150.0"
			}},
		{name: "no limit in force",
			change: func(v *ledger.NodeView) { v.Enforcement, v.Spent = ledger.None, dollars(7) },
			want: func(s *summary) {
				s.Limit, s.Spent, s.Remaining, s.Used, s.InForce = "", "7.00", "", "", "LimitDiffers"
			}},
		{name: "another limit in force",
			change: func(v *ledger.NodeView) { v.Limit = dollars(50) },
			want: func(s *summary) {
				s.Limit, s.Remaining, s.InForce = "50.00", "50.00", "LimitDiffers"
			}},
		{name: "boundaries run out",
			change: func(v *ledger.NodeView) { v.BoundariesEnd = moment().AddDate(0, 0, 29) },
			want:   func(s *summary) { s.Boundaries = "CalendarEnds" }},
		{name: "never applied",
			change: func(v *ledger.NodeView) { *v = ledger.NodeView{Path: v.Path} },
			want: func(s *summary) {
				*s = summary{State: "Unknown", Available: "NotApplied", InForce: "NotApplied", Accepted: "Accepted"}
			}},
		{name: "no terms, in a window that is still open",
			change: func(v *ledger.NodeView) { v.Applied, v.Terms, v.Spent = false, ledger.Terms{}, dollars(7) },
			want: func(s *summary) {
				*s = summary{State: "Unknown", Available: "NotApplied", InForce: "NotApplied", Accepted: "Accepted"}
			}},
		{name: "corrupt key",
			change: func(v *ledger.NodeView) {
				*v = ledger.NodeView{Path: v.Path, Err: &ledger.CorruptError{Key: "{acme}b:acme.chat", Reason: "is a list"}}
			},
			want: func(s *summary) {
				*s = summary{State: "Unknown", Available: "LedgerCorrupt", Accepted: "Accepted"}
			}},
		{name: "no window",
			change: func(v *ledger.NodeView) {
				*v = ledger.NodeView{Path: v.Path, Err: &ledger.NoWindowError{Path: v.Path}}
			},
			want: func(s *summary) {
				*s = summary{State: "Unknown", Available: "NoWindow", Accepted: "Accepted"}
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := row(t)
			v := view(r)
			tt.change(&v)
			st := balance.NewStatuses(moment()).Known(r, &v)
			want := healthy
			tt.want(&want)
			if diff := cmp.Diff(want, summarize(st)); diff != "" {
				t.Error(diff)
			}
			for _, c := range st.Conditions {
				if c.Status == metav1.ConditionFalse && c.Message == "" {
					t.Errorf("condition %s is False and does not say why", c.Type)
				}
			}
			if tt.name == "corrupt key" && !strings.Contains(st.Conditions[0].Message, "{acme}b:acme.chat") {
				t.Errorf("the key is not named: %s", st.Conditions[0].Message)
			}
		})
	}
}

func TestSharedConditionsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	r := row(t)
	v := view(r)
	statuses := balance.NewStatuses(moment())
	before := statuses.Known(r, &v).Conditions
	changed := v
	changed.Limit = 1
	changed.BoundariesEnd = moment()
	if got := summarize(statuses.Known(r, &changed)); got.InForce != "LimitDiffers" || got.Boundaries == "" {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff(before, statuses.Known(r, &v).Conditions); diff != "" {
		t.Error(diff)
	}
}

func TestABudgetThatCannotBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	r := row(t)
	n := tenancy.Node{Level: tenancy.LevelProject, Path: "acme.chat", Name: "chat", Budget: &v1alpha1.Budget{Limit: "100", TimeZone: "Nowhere/Land"}}
	owner := balance.NewOwner(balance.Owner{Kind: "Budget", Meta: &metav1.ObjectMeta{}, Accepted: true, Reason: "Accepted"})
	bad := balance.NewRows().Row(owner, n, nil)
	v := view(r)
	st := balance.NewStatuses(moment()).Known(&bad, &v)
	if got := summarize(st); got.InForce != balance.ReasonInvalidBudget || got.Spent != "0.00" {
		t.Errorf("got %+v", got)
	}
}

func TestUIDIsStable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, owner, kind, row string
	}{
		{name: "a project", owner: "0b5c7f9e-8f8e-4a54-9d6e-0c6b3a1f2d3c", kind: "Budget", row: "chat"},
		{name: "another row", owner: "0b5c7f9e-8f8e-4a54-9d6e-0c6b3a1f2d3c", kind: "Budget", row: "chat.engineers"},
		{name: "another kind", owner: "0b5c7f9e-8f8e-4a54-9d6e-0c6b3a1f2d3c", kind: "Usage", row: "chat"},
		{name: "recreated", owner: "1b5c7f9e-8f8e-4a54-9d6e-0c6b3a1f2d3c", kind: "Budget", row: "chat"},
		{name: "an owner UID that is no UUID", owner: "x", kind: "Budget", row: "chat"},
		{name: "another that is none", owner: "y", kind: "Budget", row: "chat"},
	}
	seen := map[string]string{}
	for _, tt := range tests {
		uid := string(balance.UID(types.UID(tt.owner), tt.kind, tt.row))
		if other, ok := seen[uid]; ok {
			t.Errorf("%s has the UID of %s", tt.name, other)
		}
		seen[uid] = tt.name
		if again := string(balance.UID(types.UID(tt.owner), tt.kind, tt.row)); again != uid {
			t.Errorf("%s: %s, then %s", tt.name, uid, again)
		}
		if uid[14] != '5' {
			t.Errorf("%s: %s is no UUIDv5", tt.name, uid)
		}
	}
	if got, want := string(balance.UID(types.UID("0b5c7f9e-8f8e-4a54-9d6e-0c6b3a1f2d3c"), "Budget", "chat")), "7717a15e-72f1-5636-ad3d-ebe78ff17c59"; got != want {
		t.Errorf("the UID of a row changed between versions: %s, was %s", got, want)
	}
}
