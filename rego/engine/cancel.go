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
	// review's context. A step takes about a microsecond, unless it makes a large
	// value: so the clock is looked at in each, or forty texts that double in
	// turn would fill any machine between two looks.
	contextEvery = 64
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
	started  time.Time
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
	took := time.Since(l.started)
	if took > l.allowed() || l.steps%contextEvery == 0 && l.ctx.Err() != nil {
		l.why.CompareAndSwap(int32(running), int32(outOfTime))
		return true
	}
	l.steps++
	if l.polite && l.steps%politeEvery == 0 {
		runtime.Gosched()
	}
	if l.memory > 0 && took > baseAfter && l.grown(took) {
		l.why.CompareAndSwap(int32(running), int32(outOfMemory))
		return true
	}
	return false
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
