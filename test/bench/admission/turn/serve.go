package turn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrOutOfTime is what an engine returns when a policy ran out of time. Where
// each review is timed such a review is slow; elsewhere it is an error.
var ErrOutOfTime = errors.New("a policy ran out of time")

// Engine judges the reviews that it was made with.
type Engine interface {
	// Judge judges the review of this index, decoded before.
	Judge(ctx context.Context, review int) ([]Finding, error)
	// Answer decodes an AdmissionReview, judges it and returns the answer as
	// the API server would get it.
	Answer(ctx context.Context, body []byte) ([]byte, error)
}

// Serve makes an engine of the first line's work and gives it turns until in
// ends.
func Serve(ctx context.Context, in io.Reader, out io.Writer, make func(context.Context, *Work) (Engine, error)) error {
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	var s server
	for {
		var r request
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading whose turn it is: %w", err)
		}
		a, err := s.handle(ctx, &r, make)
		if err != nil {
			a = answer{Error: err.Error()}
		}
		if err := answers.Encode(a); err != nil {
			return fmt.Errorf("telling how the turn went: %w", err)
		}
		if r.Work != nil { // megabytes, which would make the collector wait longer than it does elsewhere
			in = io.MultiReader(requests.Buffered(), in)
			requests = json.NewDecoder(in)
		}
	}
}

type server struct {
	engine  Engine
	reviews []json.RawMessage
	calm    func() error // ends the disturbance; nil when there is none

	outOfTime atomic.Int64 // reviews of this turn
}

// Disturbed is an Engine that can be given a hard time.
type Disturbed interface {
	// Disturb has policies, objects and the like change until calm is called,
	// which returns what went wrong meanwhile.
	Disturb(ctx context.Context) (calm func() error, err error)
}

func (s *server) disturb(ctx context.Context, on bool) error {
	if s.calm != nil {
		err := s.calm()
		s.calm = nil
		if err != nil || !on {
			return err
		}
	}
	if !on {
		return nil
	}
	d, ok := s.engine.(Disturbed)
	if !ok {
		return errors.New("this engine cannot be disturbed")
	}
	var err error
	s.calm, err = d.Disturb(ctx)
	return err
}

func (s *server) handle(ctx context.Context, r *request, make func(context.Context, *Work) (Engine, error)) (answer, error) {
	switch {
	case r.Work != nil:
		engine, err := make(ctx, r.Work)
		if err != nil {
			return answer{}, err
		}
		s.engine, s.reviews = engine, r.Work.Reviews
		return answer{}, nil
	case s.engine == nil:
		return answer{}, errors.New("there is no work yet")
	case r.Judge != nil:
		found, err := s.engine.Judge(ctx, *r.Judge)
		return answer{Findings: found}, err
	case r.Turn != nil:
		took, err := s.turn(ctx, *r.Turn)
		return answer{Took: took}, err
	case r.Disturb != nil:
		return answer{}, s.disturb(ctx, *r.Disturb)
	case r.Settle:
		debug.FreeOSMemory()
		return answer{}, nil
	}
	return answer{}, errors.New("a line that asks for nothing")
}

// turn starts from a collected heap, so that no engine pays for what it did
// before its turn.
func (s *server) turn(ctx context.Context, t Turn) (Took, error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, err := processorTime()
	if err != nil {
		return Took{}, err
	}
	took := Took{Reviews: t.Reviews}
	if t.Each {
		took.Each = make([]time.Duration, t.Reviews)
	}
	s.outOfTime.Store(0)
	began := time.Now()
	if t.Rate > 0 {
		err = s.paced(ctx, t, began, took.Each)
	} else {
		err = s.inOrder(ctx, t, took.Each)
	}
	if err != nil {
		return Took{}, err
	}
	took.Wall, took.OutOfTime = time.Since(began), int(s.outOfTime.Load())
	until, err := processorTime()
	if err != nil {
		return Took{}, err
	}
	runtime.ReadMemStats(&after)
	took.CPU = until - cpu
	took.Allocations, took.Bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	return took, nil
}

func (s *server) inOrder(ctx context.Context, t Turn, each []time.Duration) error {
	for i := range t.Reviews {
		began := time.Now()
		if err := s.one(ctx, t, i); err != nil {
			return err
		}
		if each != nil {
			each[i] = time.Since(began)
		}
	}
	return nil
}

func (s *server) paced(ctx context.Context, t Turn, began time.Time, each []time.Duration) error {
	failed := make(chan error, t.Reviews)
	for i := range t.Reviews {
		due := began.Add(time.Duration(float64(i) / t.Rate * float64(time.Second)))
		time.Sleep(time.Until(due))
		go func() {
			err := s.one(ctx, t, i)
			if each != nil {
				each[i] = time.Since(due)
			}
			failed <- err
		}()
	}
	var err error
	for range t.Reviews {
		err = errors.Join(err, <-failed)
	}
	return err
}

func (s *server) one(ctx context.Context, t Turn, i int) error {
	review := i % len(s.reviews)
	var err error
	if t.FromBytes {
		_, err = s.engine.Answer(ctx, s.reviews[review])
	} else {
		_, err = s.engine.Judge(ctx, review)
	}
	switch {
	case err == nil:
		return nil
	case t.Each && errors.Is(err, ErrOutOfTime):
		s.outOfTime.Add(1)
		return nil
	}
	return fmt.Errorf("review %d: %w", review, err)
}

// processorTime is what all threads of this process have used so far.
func processorTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("reading the processor time: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
