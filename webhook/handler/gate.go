package handler

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/klog/v2"

	"tollgate.dev/tollgate/webhook/fair"
)

// perSlot is how many bytes of a review one slot stands for: a large object
// takes as much time and memory as many small ones.
const perSlot = 256 << 10

// Gate bounds how much is judged at once and how many reviews may wait, so that
// an overload is answered instead of piling up until memory or the deadline
// ends it, and shares what there is between flows, so that one which sends too
// much waits and is refused by itself. Large reviews have half of it at most, and
// a queue of their own: they take seconds where others take milliseconds, and
// anybody may send a dozen.
type Gate struct {
	all, large *fair.Queue
	half       int
	observer   GateObserver
	refusals   refusalLog
}

// GateObserver counts what a gate does. Its methods are called from many goroutines.
type GateObserver interface {
	// Entered is called for each review that is let in, with how long it waited.
	Entered(waited time.Duration)
	// TurnedAway is called for each that is not.
	TurnedAway(why fair.Reason)
}

// NewGate returns a gate that lets in as many small reviews as there are slots,
// and has queue more wait. The observer may be nil.
func NewGate(slots, queue int, observer GateObserver) *Gate {
	half := max(1, slots/2)
	return &Gate{all: fair.NewQueue(slots, queue), large: fair.NewQueue(half, queue/2), half: half, observer: observer}
}

// Waiting is how many reviews wait.
func (g *Gate) Waiting() int {
	all, _ := g.all.Waiting()
	large, _ := g.large.Waiting()
	return all + large
}

// Place is what a review holds that was let in.
type Place struct {
	all, large fair.Place
	isLarge    bool
}

// Leave gives it back. It is called once.
func (p Place) Leave() {
	p.all.Leave()
	if p.isLarge {
		p.large.Leave()
	}
}

// Enter waits until a review of so many bytes may be judged, large and small
// ones each in the order in which their flow's come. The error says why not: too
// many wait already, or ctx is done. It wraps a *fair.Refusal.
func (g *Gate) Enter(ctx context.Context, flow fair.Flow, bytes int64) (Place, error) {
	start := time.Now()
	place, err := g.enter(ctx, flow, int(min(1+bytes/perSlot, int64(g.half))))
	if err != nil {
		var refusal *fair.Refusal
		if errors.As(err, &refusal) && g.observer != nil {
			g.observer.TurnedAway(refusal.Reason)
		}
		g.refusals.log(flow, err)
		return Place{}, fmt.Errorf("tollgate webhook is overloaded: %w; try again in a few seconds", err)
	}
	if g.observer != nil {
		g.observer.Entered(time.Since(start))
	}
	return place, nil
}

func (g *Gate) enter(ctx context.Context, flow fair.Flow, weight int) (p Place, err error) {
	if weight > 1 {
		if p.large, err = g.large.Enter(ctx, flow, weight); err != nil {
			return Place{}, err
		}
		p.isLarge = true
	}
	if p.all, err = g.all.Enter(ctx, flow, weight); err != nil {
		if p.isLarge {
			p.large.Leave()
		}
		return Place{}, err
	}
	return p, nil
}

// logEvery is how often a line says who is refused: a flood fills no log.
const logEvery = 10 * time.Second

// refusalLog logs who is refused.
type refusalLog struct {
	mu      sync.Mutex
	next    time.Time
	leftOut int
}

func (l *refusalLog) log(flow fair.Flow, why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Before(l.next) {
		l.leftOut++
		return
	}
	klog.InfoS("a review is refused unjudged: too many at once", "of", flow.String(), "because", why.Error(), "leftOut", l.leftOut)
	l.next, l.leftOut = now.Add(logEvery), 0
}
