package admission

import (
	"context"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/engine"
)

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
// there is none; the response is set when the request cannot be judged by it.
func (r *review) lookAgain(ctx context.Context) bool {
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
