package engine

import (
	"context"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// stop says why an evaluation was stopped.
type stop int32

const (
	running stop = iota
	outOfTime
	outOfMemory
	abandoned
)

const (
	// contextEvery is how many steps of an evaluation go by between looks at the
	// review's context.
	contextEvery = 64
	// clockEvery is how many quick steps go by between looks at the clock, and
	// quick how long one of them takes at most on average. A step takes about a
	// microsecond, unless it makes a large value: forty texts that double in turn
	// would fill any machine between two looks. What quick steps make is of some
	// ten kilobytes, and eight doublings later of a few megabytes; from there on
	// steps are not quick, and the clock is looked at in each.
	clockEvery = 8
	quick      = 10 * time.Microsecond
	// politeEvery is how many steps a polite evaluation takes before it lets
	// others go first.
	politeEvery = 16
	// baseAfter, memoryAfter and memoryEvery say when an evaluation's memory is
	// looked at: first to know what was there before it grew, then to see by how
	// much. Sane ones are over before that.
	baseAfter   = time.Millisecond
	memoryAfter = 20 * time.Millisecond
	memoryEvery = 5 * time.Millisecond
)

// limits stops one evaluation. OPA asks it before each step. It is used by one
// goroutine, but for Cancel.
type limits struct {
	ctx      context.Context
	deadline time.Time
	hurried  bool   // the deadline is the review's, earlier than the policy's own
	memory   uint64 // bytes the heap may grow while this runs; 0: any
	polite   bool   // nobody waits for it: whoever else has work goes first

	why      atomic.Int32
	steps    uint32
	unlooked uint32 // steps until the next look at the clock
	asked    uint32 // the step at which the context was looked at last
	started  time.Time
	looked   time.Duration // since started
	nextLook time.Duration // since started
	base     uint64
}

// Cancel stops the evaluation from outside.
func (l *limits) Cancel() { l.why.CompareAndSwap(int32(running), int32(abandoned)) }

// Cancelled is what OPA asks.
func (l *limits) Cancelled() bool {
	if l.why.Load() != int32(running) {
		return true
	}
	l.steps++
	if l.polite && l.steps%politeEvery == 0 {
		runtime.Gosched()
	}
	if l.unlooked > 0 {
		l.unlooked--
		return false
	}
	took := time.Since(l.started)
	if took > l.allowed() || l.givenUp() {
		l.why.CompareAndSwap(int32(running), int32(outOfTime))
		return true
	}
	if took-l.looked < clockEvery*quick {
		l.unlooked = clockEvery - 1
	}
	l.looked = took
	if l.memory > 0 && took > baseAfter && l.grown(took) {
		l.why.CompareAndSwap(int32(running), int32(outOfMemory))
		return true
	}
	return false
}

// givenUp says, now and then, whether the review is over.
func (l *limits) givenUp() bool {
	if l.steps > 1 && l.steps-l.asked < contextEvery {
		return false
	}
	l.asked = l.steps
	return l.ctx.Err() != nil
}

// allowed is how long the evaluation may take.
func (l *limits) allowed() time.Duration { return l.deadline.Sub(l.started) }

// grown says whether the heap has grown by more than it may.
func (l *limits) grown(took time.Duration) bool {
	if l.base == 0 {
		l.base = heapBytes()
		l.nextLook = memoryAfter
		return false
	}
	if took < l.nextLook {
		return false
	}
	l.nextLook = took + memoryEvery
	heap := heapBytes()
	return heap > l.base && heap-l.base > l.memory
}

// heapBytes is what the heap holds now. It is the whole process's: nobody else
// counts it, so a slow evaluation may pay for a neighbour's memory.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
