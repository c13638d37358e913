package ledger

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// calls is an observer that counts.
type calls struct {
	mu    sync.Mutex
	count map[string]int
}

func (c *calls) Observe(op, outcome string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if took >= 0 {
		c.count[op+" "+outcome]++
	}
}

func TestObserver(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	c := &calls{count: map[string]int{}}
	l := New(client, WithObserver(c), WithPatience(time.Minute))
	ctx := t.Context()
	users, _ := small(t, l, "acme", money.Dollar)
	reserve := func(l *Ledger, id string, amount money.Amount) {
		if _, err := l.Reserve(ctx, Reservation{ID: id, Path: users[0], Amount: amount, TTL: time.Minute}); err != nil {
			t.Log(err)
		}
	}
	reserve(l, "request-1", 5)
	reserve(l, "request-2", money.Dollar)
	reserve(l, "short", 5)
	for _, id := range []string{"request-1", "request-3"} {
		if _, err := l.Settle(ctx, id, users[0], 5); err != nil {
			t.Log(err)
		}
	}
	for range 2 {
		if err := l.Record(ctx, "request-4", users[0], 5); err != nil {
			t.Error(err)
		}
	}
	if _, err := l.Sweep(ctx, "acme"); err != nil {
		t.Error(err)
	}
	if _, err := l.Users(ctx, "acme"); err != nil {
		t.Error(err)
	}
	if _, err := l.Nodes(ctx, "acme", users); err != nil {
		t.Error(err)
	}
	if err := r.Kill(); err != nil {
		t.Fatal(err)
	}
	reserve(New(client, WithObserver(c), WithPatience(100*time.Millisecond)), "request-5", 5)
	want := map[string]int{
		"apply ok": 1, "reserve granted": 1, "reserve refused": 1, "reserve bad": 1, "reserve error": 1, "settle settled": 1, "settle gone": 1,
		"record recorded": 1, "record dup": 1, "sweep ok": 1, "paths ok": 1, "nodes ok": 1,
	}
	if d := cmp.Diff(want, c.count); d != "" {
		t.Error(d)
	}
}
