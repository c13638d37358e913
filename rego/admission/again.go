package admission

import (
	"context"
	"sync"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/engine"
)

// A second look holds its place among the reviews of the webhook while it waits,
// so few may: who applies things together waits for one or two, and who is
// refused a hundred times a second does not keep others out. A review that finds
// no place is refused at once, as without a second look.
const (
	maxLooks    = 8
	maxLooksFor = 2
)

// looks are the second looks that wait, by organization.
type looks struct {
	mu  sync.Mutex
	by  map[string]int
	all int
}

// enter takes a place; the function gives it back, and is nil when there is none.
func (l *looks) enter(organization string) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= maxLooks || l.by[organization] >= maxLooksFor {
		return nil
	}
	if l.by == nil {
		l.by = map[string]int{}
	}
	l.all++
	l.by[organization]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all--
		if l.by[organization]--; l.by[organization] == 0 {
			delete(l.by, organization)
		}
	}
}

// mayBeEarly says that only referential policies deny, whose verdict may change
// when the inventory catches up.
func (r *review) mayBeEarly(verdict engine.Verdict) bool {
	denials := verdict.With(v1alpha1.PolicyDeny)
	if r.judge.options.SecondLook <= 0 || len(denials) == 0 {
		return false
	}
	referential := map[string]bool{}
	for _, p := range r.snapshot.Policies() {
		referential[p.ID] = p.Referential
	}
	for _, v := range denials {
		if v.Failure || !referential[v.Policy] {
			return false
		}
	}
	return true
}

// lookAgain waits until there can be a newer inventory. It returns false when
// there is none or too many wait; the response is set when the request cannot be judged by it.
func (r *review) lookAgain(ctx context.Context) bool {
	leave := r.judge.looks.enter(r.input.Subject.Organization)
	if leave == nil {
		return false
	}
	defer leave()
	wait := time.NewTimer(r.judge.options.SecondLook)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wait.C:
	}
	if r.judge.engine.Snapshot() == r.snapshot {
		return false
	}
	if err := r.look(); err != nil {
		r.response, r.bad = bad(r.request, err), err.Error()
		return false
	}
	return true
}
