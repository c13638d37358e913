package fair

import (
	"context"
	"fmt"
	"sync"
)

// Reason is why a request was refused.
type Reason string

// The reasons.
const (
	// Full: the queue is, and no flow has more waiting than that of the request.
	Full Reason = "queue_full"
	// PushedOut: it waited, and made room for a request of a flow that has fewer waiting.
	PushedOut Reason = "pushed_out"
	// TimeUp: its turn did not come in time.
	TimeUp Reason = "time_up"
)

// Refusal is the error of a request that gets no slot.
type Refusal struct {
	Reason Reason
	Flow   Flow
	// Slots is how many there are, and Room how many requests may wait.
	Slots, Room int
	// Waiting is how many requests of the flow waited besides.
	Waiting int
}

// Error implements error.
func (r *Refusal) Error() string {
	switch r.Reason {
	case PushedOut:
		return fmt.Sprintf("%d reviews wait, which is as many as may, and most of them are of %s (%d): this one made room for somebody else's", r.Room, r.Flow, r.Waiting)
	case TimeUp:
		return "this review waited for its turn until its time was up"
	}
	told := fmt.Sprintf("as many reviews are being judged as may be (%d, fewer if they are large), and %d wait", r.Slots, r.Room)
	if r.Waiting > 0 {
		told += fmt.Sprintf(", %d of them of %s, like this one", r.Waiting, r.Flow)
	}
	return told
}

// Queue shares slots between flows. It is safe for concurrent use.
type Queue struct {
	mu sync.Mutex
	s  *schedule
}

// NewQueue returns a queue for so many slots, behind which so many requests may wait.
func NewQueue(slots, room int) *Queue { return &Queue{s: newSchedule(slots, room)} }

// Place is a request's slots.
type Place struct {
	queue  *Queue
	flow   *flow
	weight int
}

// Leave gives the slots back. It is called once.
func (p Place) Leave() {
	p.queue.mu.Lock()
	defer p.queue.mu.Unlock()
	p.queue.s.give(p.flow, p.weight)
}

// Waiting is how many requests wait, and of how many flows they are.
func (q *Queue) Waiting() (requests, flows int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.s.waiting, len(q.s.queued)
}

// Enter waits until a request of a flow has as many slots as it weighs: at least
// one, and at most all of them. The error is a *Refusal.
func (q *Queue) Enter(ctx context.Context, name Flow, weight int) (Place, error) {
	q.mu.Lock()
	s := q.s
	weight = min(max(weight, 1), s.size)
	f := s.flow(name)
	if s.take(f, weight) {
		q.mu.Unlock()
		return Place{q, f, weight}, nil
	}
	w := &waiter{flow: f, weight: weight, done: make(chan struct{})}
	mine := s.wait(w) == w
	q.mu.Unlock()
	if mine {
		return Place{}, q.refusal(Full, name, w.others)
	}

	select {
	case <-w.done:
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case w.state == dropped:
		return Place{}, q.refusal(PushedOut, name, w.others)
	case w.state == waiting:
		others := f.length - 1
		s.leave(w)
		return Place{}, q.refusal(TimeUp, name, others)
	case ctx.Err() != nil: // both at once
		s.give(f, weight)
		return Place{}, q.refusal(TimeUp, name, 0)
	}
	return Place{q, f, weight}, nil
}

func (q *Queue) refusal(why Reason, f Flow, waiting int) *Refusal {
	return &Refusal{Reason: why, Flow: f, Slots: q.s.size, Room: q.s.room, Waiting: waiting}
}
