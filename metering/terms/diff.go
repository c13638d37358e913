package terms

import (
	"fmt"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
)

// Reasons of the condition InForce.
const (
	// ReasonAsSpecified: the ledger has what the spec wants.
	ReasonAsSpecified = "AsSpecified"
	// ReasonAtWindowEnd: the spec's period, time zone or anchor follows, with
	// its limit, when the open window ends.
	ReasonAtWindowEnd = "AtWindowEnd"
	// ReasonNeedsReset: as above, but the open window never ends.
	ReasonNeedsReset = "NeedsReset"
	// ReasonNotApplied: the ledger has never had terms for the node.
	ReasonNotApplied = "NotApplied"
	// ReasonLimitDiffers: the ledger has another limit or enforcement, or two
	// that differ, because one was edited by hand.
	ReasonLimitDiffers = "LimitDiffers"
	// ReasonPeriodDiffers: the ledger has another period, time zone or anchor.
	ReasonPeriodDiffers = "PeriodDiffers"
	// ReasonUserBudgetDiffers: the group's pool is in force, and the budget of
	// its users who are not listed is not.
	ReasonUserBudgetDiffers = "UserBudgetDiffers"
)

// Wanted is what the ledger should have for a node.
type Wanted struct {
	// Terms of the node; of a user who is not listed, those of the group's
	// userBudget.
	Terms ledger.Terms
	// Users are the terms of a group's users who are not listed; nil when the
	// node is no group, or nobody asks.
	Users *ledger.Terms
	// Default is true for a user who is not listed.
	Default bool
}

// soon ends the messages of differences that go by themselves.
const soon = "tollgate controller writes it within seconds; if this lasts, see that it runs, and its log"

// Difference says whether the ledger has what the spec wants.
type Difference struct {
	InForce bool
	// Reason is one of the Reason constants; Message is empty when InForce.
	Reason, Message string
}

// Diff compares what the ledger should have with what it has. The view must be
// one without an error.
func Diff(want Wanted, v *ledger.NodeView) Difference {
	switch {
	case v.Calendar == "", !v.Applied && !want.Default:
		return Difference{Reason: ReasonNotApplied,
			Message: "the ledger has no terms for this budget yet: " + soon}
	case v.Edited != nil:
		return Difference{Reason: ReasonLimitDiffers,
			Message: fmt.Sprintf("%v; it is right again when the limits are written next", v.Edited)}
	case v.Applied && want.Default:
		return Difference{Reason: ReasonLimitDiffers,
			Message: "the ledger still has terms of this user's own, from when the user was listed: " + soon}
	case v.Next != nil && same(want.Terms, *v.Next):
		return pending(v)
	case want.Terms.Calendar != v.Calendar:
		return Difference{Reason: ReasonPeriodDiffers,
			Message: fmt.Sprintf("the ledger has the calendar %s, the spec says %s: %s", v.Calendar, want.Terms.Calendar, soon)}
	case v.Next != nil:
		return Difference{Reason: ReasonPeriodDiffers,
			Message: fmt.Sprintf("the ledger changes to the calendar %s at %s, which the spec no longer says: %s",
				v.Next.Calendar, v.WindowEnd.UTC().Format(time.RFC3339), soon)}
	case !same(want.Terms, v.Terms):
		return Difference{Reason: ReasonLimitDiffers,
			Message: fmt.Sprintf("the ledger has %s, the spec says %s: %s", limitText(v.Terms), limitText(want.Terms), soon)}
	case want.Users != nil && (v.DefaultTerms == nil || !same(*want.Users, *v.DefaultTerms)):
		return Difference{Reason: ReasonUserBudgetDiffers,
			Message: "the ledger has another budget for the group's users who are not listed than the spec's userBudget: " + soon}
	}
	return Difference{InForce: true, Reason: ReasonAsSpecified}
}

func pending(v *ledger.NodeView) Difference {
	if v.WindowEnd.IsZero() {
		return Difference{Reason: ReasonNeedsReset,
			Message: fmt.Sprintf("the open window never ends, so the changed period, time zone or anchor waits for a reset, which a platform administrator asks for: "+
				"kubectl annotate organization %s %s=%s@%s", v.Path.Organization(), v1alpha1.AnnotationReset, v.Path, v.WindowStart.UTC().Format(time.RFC3339))}
	}
	return Difference{Reason: ReasonAtWindowEnd,
		Message: fmt.Sprintf("the changed period, time zone or anchor takes effect, with its limit, when the window ends at %s",
			v.WindowEnd.UTC().Format(time.RFC3339))}
}

func same(a, b ledger.Terms) bool {
	return a.Calendar == b.Calendar && a.Enforcement == b.Enforcement && (a.Enforcement == ledger.None || a.Limit == b.Limit)
}

func limitText(t ledger.Terms) string {
	if t.Enforcement == ledger.None {
		return "no limit"
	}
	return t.Enforcement.String() + " at " + t.Limit.String()
}
