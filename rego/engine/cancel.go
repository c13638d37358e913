package engine

import (
	"context"
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
	// checkEvery is how many steps of an evaluation go by between looks at the
	// clock. A step takes about a microsecond.
	checkEvery = 64
	// memoryAfter and memoryEvery say when an evaluation's memory is looked at:
	// sane ones are over before the first look.
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

	why      atomic.Int32
	steps    uint32
	started  time.Time
	nextLook time.Time
	base     uint64
}

// Cancel stops the evaluation from outside.
func (l *limits) Cancel() { l.why.CompareAndSwap(int32(running), int32(abandoned)) }

// Cancelled is what OPA asks.
func (l *limits) Cancelled() bool {
	if l.why.Load() != int32(running) {
		return true
	}
	if l.steps++; l.steps%checkEvery != 0 {
		return false
	}
	now := time.Now()
	if now.After(l.deadline) || l.ctx.Err() != nil {
		l.why.CompareAndSwap(int32(running), int32(outOfTime))
		return true
	}
	if l.memory > 0 && now.Sub(l.started) > memoryAfter && now.After(l.nextLook) {
		l.nextLook = now.Add(memoryEvery)
		heap := heapBytes()
		if l.base == 0 {
			l.base = heap
		}
		if heap > l.base && heap-l.base > l.memory {
			l.why.CompareAndSwap(int32(running), int32(outOfMemory))
			return true
		}
	}
	return false
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
