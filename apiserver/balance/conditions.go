package balance

import (
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
)

// Reasons of the conditions InForce and CalendarAhead.
const (
	reasonAsSpecified   = "AsSpecified"
	reasonAtWindowEnd   = "AtWindowEnd"
	reasonLimitDiffers  = "LimitDiffers"
	reasonPeriodDiffers = "PeriodDiffers"
	reasonCalendarEnds  = "CalendarEnds"
)

// unreadable says why a view holds no amounts, nil when it does.
func unreadable(v *ledger.NodeView) *Unavailable {
	var corrupt *ledger.CorruptError
	var none *ledger.NoWindowError
	switch {
	case v.Err == nil && v.Calendar == "" && v.WindowStart.IsZero():
		return &Unavailable{Reason: ReasonNotApplied,
			Message: "the ledger does not have this budget, so requests are refused: it is written within a minute of a change to the Project or Organization; if it stays away, see the log of what applies limits"}
	case v.Err == nil:
		return nil
	case errors.As(v.Err, &corrupt):
		return &Unavailable{Reason: ReasonLedgerCorrupt, Message: corruptMessage(corrupt)}
	case errors.As(v.Err, &none):
		return &Unavailable{Reason: ReasonNoWindow,
			Message: "no window in the ledger holds this moment, so requests are refused: boundaries are written ahead with the limits; see the log of what applies them"}
	}
	return &Unavailable{Reason: ReasonLedgerUnreachable, Message: "amounts are unknown: the ledger's answer could not be read; see the server's log"}
}

// conditions returns the conditions of a row with known amounts.
func (s *Statuses) conditions(r *Row, v *ledger.NodeView) []metav1.Condition {
	reason, message := inForce(r.Terms, v)
	ends := !v.BoundariesEnd.IsZero() && v.BoundariesEnd.Sub(s.asOf.Time) < calendarAhead
	if reason == reasonAsSpecified && !ends {
		return r.owner.healthy
	}
	all := append(make([]metav1.Condition, 0, len(r.owner.healthy)+1), r.owner.healthy...)
	if reason != reasonAsSpecified {
		all[1] = s.condition(metering.ConditionInForce, metav1.ConditionFalse, reason, message)
	}
	if ends {
		all = append(all, s.condition(metering.ConditionCalendarAhead, metav1.ConditionFalse, reasonCalendarEnds,
			fmt.Sprintf("the ledger has window boundaries until %s only; requests are refused from then on: see that what applies limits is running",
				v.BoundariesEnd.UTC().Format(time.RFC3339))))
	}
	return all
}

// inForce compares what the ledger has with what the spec wants.
func inForce(want ledger.Terms, v *ledger.NodeView) (reason, message string) {
	switch {
	case same(want, v.Terms) && v.Next == nil:
		return reasonAsSpecified, ""
	case v.Next != nil && same(want, *v.Next):
		return reasonAtWindowEnd, fmt.Sprintf("the changed period, time zone or anchor takes effect, with its limit, when the window ends at %s",
			v.WindowEnd.UTC().Format(time.RFC3339))
	case want.Calendar != v.Calendar:
		return reasonPeriodDiffers, "the ledger has another period, time zone or anchor than the spec; a change is written within a minute"
	}
	return reasonLimitDiffers, fmt.Sprintf("the ledger has %s, the spec says %s; a change is written within a minute", limitText(v.Terms), limitText(want))
}

func same(a, b ledger.Terms) bool {
	return a.Calendar == b.Calendar && a.Enforcement == b.Enforcement && (a.Enforcement == ledger.None || a.Limit == b.Limit)
}

func limitText(t ledger.Terms) string {
	if t.Enforcement == ledger.None || t.Calendar == "" {
		return "no limit"
	}
	return t.Enforcement.String() + " at " + t.Limit.String()
}

func (s *Statuses) condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: s.asOf}
}
