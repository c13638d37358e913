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
// ends it. Large reviews have half of it at most, and a queue of their own: they
// take seconds where others take milliseconds, and anybody may send a dozen.
type Gate struct {
	all, large lane
}

// NewGate returns a gate that lets in as many small reviews as there are slots,
// and has queue more wait.
func NewGate(slots, queue int) *Gate {
	half := max(1, slots/2)
	return &Gate{
		all:   lane{slots: semaphore.NewWeighted(int64(slots)), size: int64(slots), queue: int64(queue)},
		large: lane{slots: semaphore.NewWeighted(int64(half)), size: int64(half), queue: int64(queue) / 2},
	}
}

// errWaited is returned to those whose turn did not come.
var errWaited = errors.New("tollgate webhook is overloaded: this review waited for its turn until its time was up; try again in a few seconds")

// Enter waits until a review of so many bytes may be judged, large and small
// ones each in the order in which they come. The caller calls leave when it is
// done. The error says why not: too many wait already, or ctx is done.
func (g *Gate) Enter(ctx context.Context, bytes int64) (leave func(), err error) {
	weight := min(1+bytes/perSlot, g.large.size)
	if weight == 1 {
		return g.all.enter(ctx, weight)
	}
	leaveLarge, err := g.large.enter(ctx, weight)
	if err != nil {
		return nil, err
	}
	leaveAll, err := g.all.enter(ctx, weight)
	if err != nil {
		leaveLarge()
		return nil, err
	}
	return func() { leaveAll(); leaveLarge() }, nil
}

// lane is slots and who waits for them.
type lane struct {
	slots   *semaphore.Weighted
	size    int64
	waiting atomic.Int64
	queue   int64
}

func (l *lane) enter(ctx context.Context, weight int64) (leave func(), err error) {
	leave = func() { l.slots.Release(weight) }
	if l.slots.TryAcquire(weight) {
		return leave, nil
	}
	defer l.waiting.Add(-1)
	if l.waiting.Add(1) > l.queue {
		return nil, fmt.Errorf("tollgate webhook is overloaded: as many reviews are being judged as may be (%d, fewer if they are large), and %d wait; try again in a few seconds", l.size, l.queue)
	}
	if err := l.slots.Acquire(ctx, weight); err != nil {
		return nil, errWaited
	}
	return leave, nil
}
