package fair

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	acme   = Flow{"organization", "acme"}
	globex = Flow{"organization", "globex"}
)

// settled waits until so many requests wait.
func settled(t *testing.T, q *Queue, requests int) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(time.Millisecond) {
		got, _ := q.Waiting()
		if got == requests {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d requests wait, want %d", got, requests)
		}
	}
}

// asked is a request on its way.
type asked struct {
	place Place
	err   error
	done  chan struct{}
	stop  context.CancelFunc
}

func ask(t *testing.T, q *Queue, f Flow, weight int) *asked {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	a := &asked{done: make(chan struct{}), stop: stop}
	go func() {
		defer close(a.done)
		a.place, a.err = q.Enter(ctx, f, weight)
	}()
	return a
}

// ended waits for a request to be served or refused.
func (a *asked) ended(t *testing.T) error {
	t.Helper()
	select {
	case <-a.done:
	case <-time.After(3 * time.Minute):
		t.Fatal("it still waits")
	}
	return a.err
}

func TestWhoIsRefusedAndWhy(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	q := NewQueue(1, 2)
	running, err := q.Enter(ctx, acme, 1)
	if err != nil {
		t.Fatal(err)
	}
	older := ask(t, q, acme, 1)
	settled(t, q, 1)
	younger := ask(t, q, acme, 1)
	settled(t, q, 2)

	refusal := func(err error) Refusal {
		t.Helper()
		var r *Refusal
		if !errors.As(err, &r) {
			t.Fatalf("%v is no refusal", err)
		}
		return *r
	}
	_, err = q.Enter(ctx, acme, 1)
	if diff := cmp.Diff(Refusal{Reason: Full, Flow: acme, Slots: 1, Room: 2, Waiting: 2}, refusal(err)); diff != "" {
		t.Errorf("the queue is full (-want +got):\n%s", diff)
	}
	if says := "and 2 wait, 2 of them of organization acme"; !strings.Contains(err.Error(), says) {
		t.Errorf("%q does not say %q", err, says)
	}

	other := ask(t, q, globex, 1)
	err = younger.ended(t)
	if diff := cmp.Diff(Refusal{Reason: PushedOut, Flow: acme, Slots: 1, Room: 2, Waiting: 1}, refusal(err)); diff != "" {
		t.Errorf("another flow comes (-want +got):\n%s", diff)
	}
	if says := "made room"; !strings.Contains(err.Error(), says) {
		t.Errorf("%q does not say %q", err, says)
	}
	// Now each has one in the queue: nobody makes room for more.
	_, err = q.Enter(ctx, globex, 1)
	if diff := cmp.Diff(Refusal{Reason: Full, Flow: globex, Slots: 1, Room: 2, Waiting: 1}, refusal(err)); diff != "" {
		t.Errorf("every flow has as many (-want +got):\n%s", diff)
	}

	other.stop()
	err = other.ended(t)
	if diff := cmp.Diff(Refusal{Reason: TimeUp, Flow: globex, Slots: 1, Room: 2}, refusal(err)); diff != "" {
		t.Errorf("its time is up (-want +got):\n%s", diff)
	}
	running.Leave()
	if err := older.ended(t); err != nil {
		t.Fatal(err)
	}
	older.place.Leave()
	if len(q.s.flows) != 0 {
		t.Errorf("%d flows are left", len(q.s.flows))
	}
}

// TestOneFlowLeavesAQuarter: a flow alone gets three quarters of the slots and
// may fill the queue; another's request is served at once, although it comes last.
func TestOneFlowLeavesAQuarter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		slots, alone int
	}{
		{name: "one", slots: 1, alone: 1},
		{name: "few are not divided", slots: 3, alone: 3},
		{name: "four", slots: 4, alone: 3},
		{name: "the default", slots: 32, alone: 24},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q := NewQueue(tt.slots, 5)
			for range tt.alone {
				if _, err := q.Enter(t.Context(), acme, 1); err != nil {
					t.Fatal(err)
				}
			}
			for n := range 5 {
				ask(t, q, acme, 1)
				settled(t, q, n+1)
			}
			if tt.alone == tt.slots {
				return
			}
			if _, err := q.Enter(t.Context(), globex, 1); err != nil {
				t.Error(err)
			}
			settled(t, q, 5)
		})
	}
}

// TestAFloodBesideOthers has one flow send from many goroutines without end, and
// two others one request after the other: none of theirs is refused, no more
// slots are held than there are, and nothing is left in the end.
func TestAFloodBesideOthers(t *testing.T) {
	t.Parallel()
	const slots, room, own = 4, 6, 100
	q := NewQueue(slots, room)
	var held, most atomic.Int64
	use := func(p Place, weight int64) {
		now := held.Add(weight)
		for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
		}
		runtime.Gosched()
		held.Add(-weight)
		p.Leave()
	}
	ctx, stop := context.WithCancel(t.Context())
	var flood, others sync.WaitGroup
	var refused [3]atomic.Int64
	for i := range 40 {
		weight := 1 + i%3
		flood.Go(func() {
			for ctx.Err() == nil {
				within, cancel := ctx, context.CancelFunc(func() {})
				if i%5 == 0 { // some give up
					within, cancel = context.WithTimeout(ctx, 50*time.Microsecond)
				}
				place, err := q.Enter(within, acme, weight)
				cancel()
				var r *Refusal
				switch {
				case err == nil:
					use(place, int64(weight))
				case !errors.As(err, &r):
					t.Error(err)
				case r.Reason == Full:
					refused[0].Add(1)
				case r.Reason == PushedOut:
					refused[1].Add(1)
				default:
					refused[2].Add(1)
				}
			}
		})
	}
	for _, f := range []Flow{globex, {"user", "ann"}} {
		others.Go(func() {
			for range own {
				place, err := q.Enter(t.Context(), f, 1)
				if err != nil {
					t.Errorf("%v: %v", f, err)
					return
				}
				use(place, 1)
			}
		})
	}
	others.Wait()
	stop()
	flood.Wait()
	if most.Load() > slots {
		t.Errorf("%d slots were held, there are %d", most.Load(), slots)
	}
	if requests, flows := q.Waiting(); requests != 0 || flows != 0 || q.s.used != 0 || len(q.s.flows) != 0 {
		t.Errorf("left over: %d requests of %d flows, %d slots, %d flows", requests, flows, q.s.used, len(q.s.flows))
	}
	t.Logf("of the flood %d were refused, %d made room, %d gave up", refused[0].Load(), refused[1].Load(), refused[2].Load())
}

// TestAFreeSlotCostsNothing: who needs not wait allocates nothing.
func TestAFreeSlotCostsNothing(t *testing.T) {
	q := NewQueue(4, 4)
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		place, err := q.Enter(ctx, acme, 1)
		if err != nil {
			t.Fatal(err)
		}
		place.Leave()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
