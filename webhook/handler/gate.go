package handler

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// perSlot is how many bytes of a review one slot stands for: a large object
// takes as much time and memory as many small ones.
const perSlot = 256 << 10

// Gate bounds how much is judged at once and how many reviews may wait, so that
// an overload is answered instead of piling up until memory or the deadline
// ends it.
type Gate struct {
	slots   *semaphore.Weighted
	size    int64
	waiting atomic.Int64
	queue   int64
}

// NewGate returns a gate that lets in as many small reviews as there are slots,
// and has queue more wait.
func NewGate(slots, queue int) *Gate {
	return &Gate{slots: semaphore.NewWeighted(int64(slots)), size: int64(slots), queue: int64(queue)}
}

// errWaited is returned to those whose turn did not come.
var errWaited = errors.New("tollgate webhook is overloaded: this review waited for its turn until its time was up; try again in a few seconds")

// Enter waits until a review of so many bytes may be judged, in the order in
// which they come. The caller calls leave when it is done. The error says why
// not: too many wait already, or ctx is done.
func (g *Gate) Enter(ctx context.Context, bytes int64) (leave func(), err error) {
	weight := min(1+bytes/perSlot, g.size)
	leave = func() { g.slots.Release(weight) }
	if g.slots.TryAcquire(weight) {
		return leave, nil
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > g.queue {
		return nil, fmt.Errorf("tollgate webhook is overloaded: as many reviews are being judged as may be (%d, fewer if they are large), and %d wait; try again in a few seconds", g.size, g.queue)
	}
	if err := g.slots.Acquire(ctx, weight); err != nil {
		return nil, errWaited
	}
	return leave, nil
}
