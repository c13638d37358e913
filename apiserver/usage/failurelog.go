package usage

import (
	"context"
	"errors"
	"sync"
	"time"

	"k8s.io/klog/v2"

	meter "tollgate.dev/tollgate/metering/usage"
)

// logEvery is how long an organization's failures of one kind are written to the
// log as one line: while Mimir is away every list of every caller fails.
const logEvery = 10 * time.Second

// failureLog writes what is kept from whoever asked. It may be used from many
// goroutines.
type failureLog struct {
	now func() time.Time

	mu sync.Mutex
	// lines has as many entries as there are organizations and kinds.
	lines map[failureKind]*lastLine
}

// failureKind is what is logged once at a time. The kind is empty for failures
// that are not Mimir's.
type failureKind struct {
	organization string
	kind         meter.Kind
}

// lastLine is when a kind was logged, and how often it was not since.
type lastLine struct {
	at      time.Time
	leftOut int
}

func newFailureLog(now func() time.Time) *failureLog {
	return &failureLog{now: now, lines: map[failureKind]*lastLine{}}
}

// write writes a line about an organization, unless it wrote one of the same kind
// within logEvery. The next one says how many were left out.
func (l *failureLog) write(ctx context.Context, what, organization string, err error) {
	logger := klog.FromContext(ctx)
	values := []any{"organization", organization}
	var e *meter.Error
	isMeter := errors.As(err, &e)
	if errors.Is(err, context.Canceled) {
		logger = logger.V(2) // who asked went away
	} else {
		of := failureKind{organization: organization}
		if isMeter {
			of.kind = e.Kind
		}
		leftOut, due := l.due(of)
		if !due {
			return
		}
		if leftOut > 0 {
			values = append(values, "leftOut", leftOut)
		}
	}
	if isMeter {
		values = append(values, "class", e.Kind, "tenant", e.Tenant, "status", e.Status)
		if e.Err != nil {
			err = e.Err
		}
	}
	logger.Info(what, append(values, "err", err)...)
}

// due tells whether a kind may be logged now, and how many were left out before.
func (l *failureLog) due(of failureKind) (leftOut int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	last, seen := l.lines[of]
	if seen && now.Sub(last.at) < logEvery {
		last.leftOut++
		return 0, false
	}
	if seen {
		leftOut = last.leftOut
	}
	l.lines[of] = &lastLine{at: now}
	return leftOut, true
}
