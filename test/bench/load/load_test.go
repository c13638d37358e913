package load_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"tollgate.dev/tollgate/test/bench/load"
)

// TestNoMoreAreUnderWayThanClients holds what a client is.
func TestNoMoreAreUnderWayThanClients(t *testing.T) {
	const clients = 4
	var underWay, most, asked atomic.Int64
	c := load.Clients{Number: clients, Ask: func(context.Context) error {
		n := underWay.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		asked.Add(1)
		time.Sleep(time.Millisecond)
		underWay.Add(-1)
		return nil
	}}
	rate, err := c.Saturate(t.Context(), 50*time.Millisecond)
	if err != nil || rate <= 0 || most.Load() > clients {
		t.Errorf("%f answers a second, %d under way at once with %d clients: %v", rate, most.Load(), clients, err)
	}
	before := asked.Load()
	took, err := c.Pace(t.Context(), 1000, 49500*time.Microsecond)
	if err != nil || most.Load() > clients {
		t.Errorf("%d under way at once with %d clients: %v", most.Load(), clients, err)
	}
	// Due at 0, 1, ... 49 ms, however long they take.
	if n := asked.Load() - before; n != 50 || len(took.Due) != 50 || len(took.Sent) != 50 {
		t.Errorf("%d were asked, %d and %d timed, want 50", n, len(took.Due), len(took.Sent))
	}
}

// TestWaitingCounts has a server that stands still once: who asks next waits for
// it, and that was due earlier.
func TestWaitingCounts(t *testing.T) {
	const still = 100 * time.Millisecond
	var asked atomic.Int64
	c := load.Clients{Number: 1, Ask: func(context.Context) error {
		if asked.Add(1) == 1 {
			time.Sleep(still)
		}
		return nil
	}}
	took, err := c.Pace(t.Context(), 1000, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	// The second was due after a millisecond and sent after a hundred.
	if len(took.Due) != len(took.Sent) || len(took.Due) < 2 || took.Due[1] < still-time.Millisecond {
		t.Errorf("from due %s, from sent %s: the second waited for %s", took.Due, took.Sent, still)
	}
}

func TestTheFirstErrorEndsIt(t *testing.T) {
	refused := errors.New("refused")
	c := load.Clients{Number: 3, Ask: func(context.Context) error { return refused }}
	if _, err := c.Saturate(t.Context(), time.Hour); !errors.Is(err, refused) {
		t.Errorf("Saturate: %v", err)
	}
	if _, err := c.Pace(t.Context(), 1000, time.Hour); !errors.Is(err, refused) {
		t.Errorf("Pace: %v", err)
	}
}

func TestRounds(t *testing.T) {
	var took []time.Duration
	for i := range 100 {
		took = append(took, time.Duration(100-i))
	}
	if got, want := load.NewRound(took), (load.Round{Median: 51, P99: 100}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := load.NewRound(nil); got != (load.Round{}) {
		t.Errorf("%+v of nothing", got)
	}
	if got, want := load.Middle([]load.Round{{1, 9}, {1, 2}, {1, 5}}), (load.Round{1, 5}); got != want {
		t.Errorf("the middle is %+v, want %+v", got, want)
	}
}
