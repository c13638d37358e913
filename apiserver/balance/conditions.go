package balance

import (
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/terms"
)

// Reasons of the conditions InForce (see also package terms) and CalendarAhead.
const (
	// ReasonInvalidBudget: the spec's budget cannot be written to the ledger.
	ReasonInvalidBudget = "InvalidBudget"
	// ReasonCalendarEnds: few window boundaries are left in the ledger.
	ReasonCalendarEnds = "CalendarEnds"
)

// unreadable says why a view holds no amounts, nil when it does.
func unreadable(v *ledger.NodeView) *Unavailable {
	if v.Err != nil {
		return unreadableBecause(v.Err)
	}
	// Without terms every reserve is refused, whatever a window still holds.
	if v.Calendar == "" {
		return &Unavailable{Reason: ReasonNotApplied,
			Message: "the ledger does not have this budget, so requests are refused: tollgate controller writes it within seconds; if it stays away, see that the controller runs, and its log"}
	}
	return nil
}

func unreadableBecause(err error) *Unavailable {
	var corrupt *ledger.CorruptError
	var none *ledger.NoWindowError
	switch {
	case errors.As(err, &corrupt):
		return &Unavailable{Reason: ReasonLedgerCorrupt, Message: corruptMessage(corrupt)}
	case errors.As(err, &none):
		return &Unavailable{Reason: ReasonNoWindow,
			Message: "no window in the ledger holds this moment, so requests are refused: boundaries are written ahead with the limits; see that tollgate controller runs, and its log"}
	}
	return &Unavailable{Reason: ReasonLedgerUnreachable, Message: "amounts are unknown: the ledger's answer could not be read; try again; if it stays, ask the platform's administrators"}
}

// conditions returns the conditions of a row with known amounts.
func (s *Statuses) conditions(r *Row, v *ledger.NodeView) []metav1.Condition {
	diff := inForce(r, v)
	ends := !v.BoundariesEnd.IsZero() && v.BoundariesEnd.Sub(s.asOf.Time) < calendarAhead
	if diff.InForce && !ends {
		return r.owner.healthy
	}
	all := append(make([]metav1.Condition, 0, len(r.owner.healthy)+1), r.owner.healthy...)
	if !diff.InForce {
		all[1] = s.condition(metering.ConditionInForce, metav1.ConditionFalse, diff.Reason, diff.Message)
	}
	if ends {
		all = append(all, s.condition(metering.ConditionCalendarAhead, metav1.ConditionFalse, ReasonCalendarEnds,
			fmt.Sprintf("the ledger has window boundaries until %s only; requests are refused from then on: see that tollgate controller runs, and its log",
				v.BoundariesEnd.UTC().Format(time.RFC3339))))
	}
	return all
}

// inForce compares what the ledger has with what the spec wants.
func inForce(r *Row, v *ledger.NodeView) terms.Difference {
	if r.Invalid != nil {
		return terms.Difference{Reason: ReasonInvalidBudget,
			Message: fmt.Sprintf("the spec's budget cannot be written to the ledger, which keeps what it had: %v", r.Invalid)}
	}
	return terms.Diff(r.Wanted, v)
}

func (s *Statuses) condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: s.asOf}
}
