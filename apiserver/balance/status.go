package balance

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
)

// calendarAhead is how long before the window boundaries run out a budget says so.
const calendarAhead = 30 * 24 * time.Hour

// Statuses makes the statuses of one answer. It is not safe for concurrent use.
type Statuses struct {
	asOf metav1.Time
	// Windows and limits are shared by many rows.
	times  map[int64]*metav1.Time
	limits map[money.Amount]string
}

// NewStatuses returns a maker for an answer whose ledgers were read at asOf.
func NewStatuses(asOf time.Time) *Statuses {
	return &Statuses{asOf: metav1.NewTime(asOf.Truncate(time.Second)), times: map[int64]*metav1.Time{}, limits: map[money.Amount]string{}}
}

// Unknown returns the status of a row whose amounts could not be read.
func (s *Statuses) Unknown(r *Row, why *Unavailable) metering.BudgetStatus {
	st := metering.BudgetStatus{State: metering.StateUnknown, AsOf: &s.asOf}
	st.Conditions = []metav1.Condition{s.condition(metering.ConditionAvailable, metav1.ConditionFalse, why.Reason, why.Message)}
	if r.Accepted() {
		st.Conditions = append(st.Conditions, r.owner.healthy[2])
	} else {
		st.Conditions = append(st.Conditions, s.condition(metering.ConditionAccepted, metav1.ConditionFalse, r.owner.Reason, r.owner.Message))
	}
	return st
}

// NotAccepted returns the status of a row whose project does not count.
func (s *Statuses) NotAccepted(r *Row) metering.BudgetStatus {
	return s.Unknown(r, &Unavailable{Reason: ReasonNotAccepted, Message: "nothing is counted for a project that is not accepted; see the condition Accepted"})
}

// Known returns the status of a row as the ledger has it.
func (s *Statuses) Known(r *Row, v *ledger.NodeView) metering.BudgetStatus {
	if why := unreadable(v); why != nil {
		st := s.Unknown(r, why)
		if why.Reason == ReasonNotApplied {
			st.Conditions = append(st.Conditions, s.condition(metering.ConditionInForce, metav1.ConditionFalse, why.Reason, why.Message))
		}
		return st
	}
	st := metering.BudgetStatus{
		State:       metering.StateActive,
		Spent:       v.Spent.String(),
		Held:        v.Held.String(),
		WindowStart: s.time(v.WindowStart),
		ResetsAt:    s.time(v.WindowEnd),
		LastUsed:    s.time(v.LastUse),
		AsOf:        &s.asOf,
	}
	if v.Enforcement != ledger.None && v.Calendar != "" {
		st.Limit, st.Enforcement = s.limit(v.Limit), v.Enforcement.String()
		used := total(v.Spent, v.Held)
		st.Remaining = max(0, v.Limit-min(used, v.Limit)).String()
		st.UsedPercent = percent(used, v.Limit)
		st.State = state(used, v.Limit, r.Spec.AlertThresholds)
	}
	st.Conditions = s.conditions(r, v)
	return st
}

// limit returns the shared text of a limit.
func (s *Statuses) limit(a money.Amount) string {
	text, ok := s.limits[a]
	if !ok {
		text = a.String()
		s.limits[a] = text
	}
	return text
}

// state returns how a limited budget stands. Money that is held cannot be
// reserved again, so it counts as used.
func state(used, limit money.Amount, thresholds []int32) metering.State {
	if used >= limit {
		return metering.StateExhausted
	}
	for _, t := range thresholds {
		if reached(used, limit, t) {
			return metering.StateWarning
		}
	}
	return metering.StateActive
}

// time returns a shared copy of t, nil for the zero time.
func (s *Statuses) time(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	if shared, ok := s.times[t.Unix()]; ok {
		return shared
	}
	shared := &metav1.Time{Time: t.Truncate(time.Second)}
	s.times[t.Unix()] = shared
	return shared
}
