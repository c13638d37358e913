package decisions

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/subject"
)

// Decision is one review with its verdict.
type Decision struct {
	Point   engine.Point
	Request *admissionv1.AdmissionRequest
	Subject subject.Subject
	// Mutation: the mutating call; Patches were answered.
	Mutation bool
	Patches  int
	Allowed  bool
	Verdict  engine.Verdict
	// Bad says why the request could not be judged; empty otherwise.
	Bad  string
	Took time.Duration
}

// Options of a log.
type Options struct {
	// AllowsPerSecond is how many allowed reviews without violations are
	// written each second at most. 0 writes none.
	AllowsPerSecond int
	// ObjectsPerSecond is how many refusals of a second show their objects; the
	// lines of further ones say that theirs was left out. 20 when 0.
	ObjectsPerSecond int
	// RefusalsPerSecond is how many refusals are written each second at most, and
	// how many reviews that passed with violations; further ones are counted by
	// Suppressed. 200 when 0.
	RefusalsPerSecond int
	// Queue is how many decisions wait to be written; 1024 when 0. Together
	// their objects have at most 32 MiB.
	Queue int
	// Now is time.Now when nil.
	Now func() time.Time
}

// maxWaiting bounds the objects of decisions that wait, in bytes.
const maxWaiting = 32 << 20

// Log writes decisions. A nil Log takes them and writes nothing.
type Log struct {
	options Options
	logger  *slog.Logger
	queue   chan entry
	done    chan struct{}
	dropped atomic.Uint64
	// suppressed counts what was beyond RefusalsPerSecond.
	suppressed atomic.Uint64
	waiting    atomic.Int64 // bytes of objects in the queue

	mu     sync.Mutex
	closed bool
	sample sample
}

// entry is a decision that waits to be written.
type entry struct {
	Decision
	// brief leaves the objects out of the line.
	brief bool
}

// sample is what came in one second of the clock, by what becomes of it.
type sample struct {
	second                   int64
	allows, passes, refusals int
}

// The defaults of Options: a person reads no more, and a client that is refused a
// hundred times a second is told by its first objects what it does wrong.
const (
	defaultObjects  = 20
	defaultRefusals = 200
	defaultQueue    = 1024
)

// New starts a log that writes to the handler until Close.
func New(handler slog.Handler, options Options) *Log {
	if options.Queue <= 0 {
		options.Queue = defaultQueue
	}
	if options.ObjectsPerSecond <= 0 {
		options.ObjectsPerSecond = defaultObjects
	}
	if options.RefusalsPerSecond <= 0 {
		options.RefusalsPerSecond = defaultRefusals
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	l := &Log{
		options: options,
		logger:  slog.New(handler),
		queue:   make(chan entry, options.Queue),
		done:    make(chan struct{}),
	}
	go func() {
		defer close(l.done)
		for e := range l.queue {
			l.write(e)
			l.waiting.Add(-size(e.Decision))
		}
	}()
	return l
}

// Record takes a decision and returns at once. The request must not be changed
// afterwards.
func (l *Log) Record(d Decision) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		l.dropped.Add(1)
		return
	}
	written, brief := l.sampled(d)
	if !written {
		return
	}
	if l.waiting.Load()+size(d) > maxWaiting {
		l.dropped.Add(1)
		return
	}
	select {
	case l.queue <- entry{Decision: d, brief: brief}:
		l.waiting.Add(size(d))
	default:
		l.dropped.Add(1)
	}
}

// size of a decision's objects in bytes.
func size(d Decision) int64 {
	if d.Request == nil {
		return 0
	}
	return int64(len(d.Request.Object.Raw) + len(d.Request.OldObject.Raw))
}

// sampled says whether a decision is among those of this second that are
// written, and whether it is without its objects.
func (l *Log) sampled(d Decision) (written, brief bool) {
	if second := l.options.Now().Unix(); second != l.sample.second {
		l.sample = sample{second: second}
	}
	o := l.options
	switch {
	case !d.Allowed:
		l.sample.refusals++
		written, brief = l.sample.refusals <= o.RefusalsPerSecond, l.sample.refusals > o.ObjectsPerSecond
	case len(d.Verdict.Violations) > 0:
		l.sample.passes++
		written = l.sample.passes <= o.RefusalsPerSecond
	default:
		l.sample.allows++
		return l.sample.allows <= o.AllowsPerSecond, false
	}
	if !written {
		l.suppressed.Add(1)
	}
	return written, brief
}

// Suppressed is how many refusals and reviews with violations were not written
// because there were more in their second than RefusalsPerSecond.
func (l *Log) Suppressed() uint64 {
	if l == nil {
		return 0
	}
	return l.suppressed.Load()
}

// Dropped is how many decisions were not written because the queue was full.
func (l *Log) Dropped() uint64 {
	if l == nil {
		return 0
	}
	return l.dropped.Load()
}

// Close writes what is queued and stops. It waits as long as the context
// allows.
func (l *Log) Close(ctx context.Context) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.queue)
	}
	l.mu.Unlock()
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
