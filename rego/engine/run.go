package engine

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
)

// grace is how long after its deadline an evaluation may take to notice. Then
// it is left behind: some builtins do not look at the deadline.
const grace = 50 * time.Millisecond

// A short probe takes a shortShare-th of the time that a review has, and
// shortLeast where that is little.
const (
	shortShare = 20
	shortLeast = 20 * time.Millisecond
)

// job is the evaluation of one unit in a review.
type job struct {
	unit  *unit
	input *ast.Term
	out   outcome
	took  time.Duration
}

// runner evaluates the jobs of one review.
type runner struct {
	ctx    context.Context
	store  func(*unit) storage.Store
	memory uint64
	// patience multiplies timeouts.
	patience time.Duration
	now      func() time.Time
	// party is on whose account the evaluations go; see breaker.
	party string
	// start runs a task in a goroutine of its own.
	start func(task func())
}

// turn is what a worker does at the moment.
type turn struct {
	index  int
	limits limits
}

// run evaluates all jobs, one after the other, in a goroutine that is left
// behind when an evaluation does not end: the others still get their turn. Jobs
// whose policy's breaker is open are answered at once.
func (r *runner) run(jobs []job) {
	due := make([]int, 0, len(jobs))
	for i := range jobs {
		j := &jobs[i]
		if j.unit.broken != nil {
			j.out = outcome{err: j.unit.broken}
			continue
		}
		evaluate, aside := j.unit.breaker.admit(r.party, r.now())
		if aside != noProbe {
			go r.probe(j.unit, j.input, aside)
		}
		if !evaluate {
			j.out = outcome{err: errStopped, stop: outOfTime}
			continue
		}
		due = append(due, i)
	}
	for len(due) > 0 {
		due = r.work(jobs, due)
	}
}

// work evaluates jobs until all are done or one does not end; it returns those
// that are left.
func (r *runner) work(jobs []job, due []int) []int {
	var current atomic.Pointer[turn]
	turns := make([]turn, len(due))
	begin := func(index int) *turn {
		t := &turns[index]
		t.index = index
		r.limit(&t.limits, r.ctx, jobs[due[index]].unit)
		return t
	}
	first := begin(0)
	current.Store(first)
	done := make(chan struct{})
	r.start(func() {
		defer close(done)
		var m memory
		// A turn that was given up before it began here is cancelled, so it ends at once.
		for t := first; ; {
			j := &jobs[due[t.index]]
			unit, input := j.unit, j.input
			out := unit.evaluate(r.ctx, r.store(unit), input, &t.limits, &m)
			now := time.Now()
			var next *turn
			if t.index+1 < len(due) {
				next = begin(t.index + 1)
			}
			if !current.CompareAndSwap(t, next) {
				unit.breaker.left(r.party, -1)
				return
			}
			j.out, j.took = out, now.Sub(t.limits.started)
			if !t.limits.excuses(out) {
				unit.breaker.ended(r.party, r.now(), out.stop != running)
			}
			if next == nil {
				return
			}
			t = next
		}
	})
	timer := time.NewTimer(time.Until(first.limits.deadline) + grace)
	defer timer.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-timer.C:
		}
		t := current.Load()
		if t == nil {
			<-done
			return nil
		}
		if left := time.Until(t.limits.deadline) + grace; left > 0 {
			timer.Reset(left)
			continue
		}
		t.limits.Cancel()
		unit := jobs[due[t.index]].unit
		unit.breaker.left(r.party, 1)
		if !current.CompareAndSwap(t, nil) {
			unit.breaker.left(r.party, -1)
			timer.Reset(grace)
			continue
		}
		j := &jobs[due[t.index]]
		j.out, j.took = outcome{err: errStopped, stop: outOfTime}, time.Since(t.limits.started)
		if out := j.out; !t.limits.excuses(out) {
			unit.breaker.ended(r.party, r.now(), true)
		}
		return due[t.index+1:]
	}
}

// limit sets the limits of an evaluation that begins now.
func (r *runner) limit(l *limits, ctx context.Context, u *unit) {
	now := time.Now()
	l.ctx, l.started, l.deadline, l.memory = ctx, now, now.Add(r.patience*u.timeout()), r.memory
	if d, ok := ctx.Deadline(); ok && d.Before(l.deadline) {
		l.deadline, l.hurried = d, true
	}
}

// excuses says whether an outcome says nothing about the policy: the review was
// given up or came with too little time.
func (l *limits) excuses(out outcome) bool {
	return out.stop == outOfTime && (l.hurried || l.ctx.Err() != nil)
}

// probe evaluates a policy whose breaker is open, with nobody waiting.
func (r *runner) probe(u *unit, input *ast.Term, p probe) {
	l := &limits{polite: true}
	r.limit(l, context.WithoutCancel(r.ctx), u)
	if p == shortProbe {
		l.deadline = l.started.Add(min(l.allowed(), max(l.allowed()/shortShare, shortLeast)))
	}
	left := time.AfterFunc(time.Until(l.deadline)+grace, func() {
		l.Cancel()
		u.breaker.overran(r.party)
	})
	out := u.evaluate(context.WithoutCancel(r.ctx), r.store(u), input, l, &memory{})
	if !left.Stop() {
		u.breaker.left(r.party, -1)
	}
	u.breaker.probed(r.party, r.now(), out.stop != running)
}
