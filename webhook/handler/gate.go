package handler

import (
	"context"
	"fmt"
	"sync/atomic"
)

// Gate bounds how many reviews are judged at once and how many may wait, so
// that an overload is answered instead of piling up until memory or the
// deadline ends it.
type Gate struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
}

// NewGate returns a gate that lets slots reviews in and queue more wait.
func NewGate(slots, queue int) *Gate {
	return &Gate{slots: make(chan struct{}, slots), queue: int64(queue)}
}

// Enter waits for a slot. The caller calls leave when it is done. The error
// says why there is none: too many wait already, or ctx is done.
func (g *Gate) Enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-g.slots }
	select {
	case g.slots <- struct{}{}:
		return leave, nil
	default:
	}
	defer g.waiting.Add(-1)
	if n := g.waiting.Add(1); n > g.queue {
		return nil, fmt.Errorf("tollgate webhook is overloaded: %d reviews are being judged and %d wait, which is as many as may; try again in a few seconds", cap(g.slots), g.queue)
	}
	select {
	case g.slots <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("tollgate webhook is overloaded: this review waited for its turn until its time was up; try again in a few seconds")
	}
}
