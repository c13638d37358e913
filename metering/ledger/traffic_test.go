package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/metering/money"
)

// traffic is gateways that reserve, settle, settle late, and die between, and
// keeps the books of what each request must have cost in the end.
type traffic struct {
	ledger *Ledger
	org    string
	users  []Path
	ttl    time.Duration
	most   money.Amount // of one hold
	// lossy says that Redis may lose what it answered: a hold that is gone is
	// recorded, as the protocol says.
	lossy bool

	mu      sync.Mutex
	charged map[string]money.Amount // by request id
	held    map[string]money.Amount // of those that were granted
	owner   map[string]Path
	// recorded is what was recorded, for lost holds, at each node.
	recorded map[Path]money.Amount
	granted  int
	refused  int
	gone     int
}

func newTraffic(l *Ledger, org string, users []Path) *traffic {
	return &traffic{
		ledger: l, org: org, users: users, ttl: 300 * time.Millisecond, most: money.Dollar,
		charged: map[string]money.Amount{}, held: map[string]money.Amount{}, owner: map[string]Path{},
		recorded: map[Path]money.Amount{},
	}
}

// trafficPatience bounds traffic that waits for something to happen.
const trafficPatience = 8 * time.Minute

// run drives the workers until enough happened; requests that began are finished.
func (tr *traffic) run(tb testing.TB, name string, workers int, enough func() bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), trafficPatience)
	defer cancel()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := 0; !enough(); i++ {
				id := fmt.Sprintf("%s-worker-%d-request-%d", name, w, i)
				if err := tr.request(ctx, id, tr.users[rand.IntN(len(tr.users))]); err != nil {
					tb.Errorf("%s: %v", id, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// done tells whether, since now, so much time went by and so many requests
// were granted and refused. The time is what a quick machine does more in; a
// slow one takes longer.
func (tr *traffic) done(d time.Duration, granted, refused int) func() bool {
	end := time.Now().Add(d)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	granted, refused = granted+tr.granted, refused+tr.refused
	return func() bool {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		return time.Now().After(end) && tr.granted >= granted && tr.refused >= refused
	}
}

// request is one request of a gateway. It books what must be charged when all
// holds have expired.
func (tr *traffic) request(ctx context.Context, id string, user Path) error {
	amount := 1 + money.Amount(rand.Int64N(int64(tr.most)))
	_, err := tr.ledger.Reserve(ctx, Reservation{ID: id, Path: user, Amount: amount, TTL: tr.ttl})
	var refused *RefusedError
	switch {
	case errors.As(err, &refused):
		tr.refuse(id, user)
		time.Sleep(2 * time.Millisecond)
		return nil
	case errors.Is(err, ErrUsed):
		// Granted, the answer lost, and expired before it was asked for again.
		return tr.settle(ctx, id, user, amount, 0)
	case err != nil:
		return err
	}
	actual := money.Amount(rand.Int64N(int64(amount) + 1))
	switch rand.IntN(12) {
	case 0: // the gateway dies: the hold is charged in full
		tr.book(id, user, amount, amount)
		return nil
	case 1: // the request takes longer than the hold
		time.Sleep(tr.ttl + tr.ttl/2)
	}
	return tr.settle(ctx, id, user, amount, actual)
}

func (tr *traffic) settle(ctx context.Context, id string, user Path, amount, actual money.Amount) error {
	got, err := tr.ledger.Settle(ctx, id, user, actual)
	if errors.Is(err, ErrGone) && tr.lossy {
		tr.mu.Lock()
		tr.gone++
		for _, p := range user.ancestors() {
			tr.recorded[p] += actual
		}
		tr.mu.Unlock()
		err = tr.ledger.Record(ctx, id, user, actual)
		got = actual
	}
	if err != nil {
		return err
	}
	if got != actual {
		return fmt.Errorf("settled %d, and the answer was %d", actual, got)
	}
	tr.book(id, user, amount, actual)
	return nil
}

func (tr *traffic) book(id string, user Path, held, charged money.Amount) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.held[id], tr.charged[id], tr.owner[id] = held, charged, user
	tr.granted++
}

func (tr *traffic) refuse(id string, user Path) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.charged[id], tr.owner[id] = 0, user
	tr.refused++
}

// due waits until every hold is due.
func (tr *traffic) due() { time.Sleep(tr.ttl + 50*time.Millisecond) }

// check sweeps and compares what Redis says was ever spent, per user and at
// every level, with the books.
func (tr *traffic) check(tb testing.TB, client redis.UniversalClient) {
	tb.Helper()
	if _, err := tr.ledger.Sweep(tb.Context(), tr.org); err != nil {
		tb.Fatal(err)
	}
	s := snapshot(tb, client, tr.org, tr.users)
	s.checkSums(tb)
	want := map[Path]int64{}
	for id, amount := range tr.charged {
		for _, p := range tr.owner[id].ancestors() {
			want[p] += int64(amount)
		}
	}
	for p, n := range s.nodes {
		if n.held.Sign() != 0 {
			tb.Errorf("%s still holds %s after everything expired", p, n.held)
		}
		if n.spent.Int64() != want[p] {
			tb.Errorf("%s: spent %s, the books say %d", p, n.spent, want[p])
		}
	}
	tb.Logf("%d granted, %d refused, %d recorded because the hold was gone", tr.granted, tr.refused, tr.gone)
	if tr.granted == 0 {
		tb.Error("nothing was granted")
	}
}
