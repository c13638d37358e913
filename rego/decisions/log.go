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
	// written each second at most; denials, warnings and failures always are.
	// 0 writes none.
	AllowsPerSecond int
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
	queue   chan Decision
	done    chan struct{}
	dropped atomic.Uint64
	waiting atomic.Int64 // bytes of objects in the queue

	mu     sync.Mutex
	closed bool
	second int64
	allows int
}

// New starts a log that writes to the handler until Close.
func New(handler slog.Handler, options Options) *Log {
	if options.Queue <= 0 {
		options.Queue = 1024
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	l := &Log{
		options: options,
		logger:  slog.New(handler),
		queue:   make(chan Decision, options.Queue),
		done:    make(chan struct{}),
	}
	go func() {
		defer close(l.done)
		for d := range l.queue {
			l.write(d)
			l.waiting.Add(-size(d))
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
	if d.Allowed && len(d.Verdict.Violations) == 0 && !l.sample() {
		return
	}
	if l.waiting.Load()+size(d) > maxWaiting {
		l.dropped.Add(1)
		return
	}
	select {
	case l.queue <- d:
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

// sample says whether one more allowed review is written in this second.
func (l *Log) sample() bool {
	if second := l.options.Now().Unix(); second != l.second {
		l.second, l.allows = second, 0
	}
	l.allows++
	return l.allows <= l.options.AllowsPerSecond
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
