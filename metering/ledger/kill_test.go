package ledger

import (
	"errors"
	"math/big"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// TestKilledRedis kills Redis under load and starts it again. With an
// append-only file that is synced always, what was answered is there.
func TestKilledRedis(t *testing.T) {
	t.Parallel()
	r := clustertest.RedisWith(t, cluster.RedisOptions{Append: cluster.AppendFsyncAlways})
	client := r.Client()
	defer client.Close()
	l := New(client, WithPatience(time.Minute))
	users, limits := small(t, l, "acme", 20*money.Dollar)
	tr := newTraffic(l, "acme", users)
	var over atomic.Bool
	done := tr.done(4*time.Second, 100, 1)
	var wg sync.WaitGroup
	wg.Go(func() { tr.run(t, "killed", 8, func() bool { return over.Load() && done() }) })
	for range 3 {
		await(t, tr.done(time.Second, 20, 0)) // it is killed under load
		restart(t, r)
		b := snapshot(t, client, "acme", users)
		b.checkSums(t)
		b.checkLimits(t, limits, nil)
	}
	over.Store(true)
	wg.Wait()
	tr.due()
	tr.check(t, client)
}

// await waits until enough happened.
func await(t *testing.T, enough func() bool) {
	t.Helper()
	for deadline := time.Now().Add(trafficPatience); !enough(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the traffic stands still")
		}
	}
}

// synced waits until Redis has written all that it answered to its file.
func synced(t *testing.T, client *redis.Client) {
	t.Helper()
	for deadline := time.Now().Add(trafficPatience); ; time.Sleep(10 * time.Millisecond) {
		info, err := client.Info(t.Context(), "persistence").Result()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(info, "aof_buffer_length:0\r") && strings.Contains(info, "aof_pending_bio_fsync:0\r") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("Redis does not write its file:\n%s", info)
		}
	}
}

func restart(t *testing.T, r *cluster.Redis) {
	t.Helper()
	if err := r.Kill(); err != nil {
		t.Error(err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestKilledRedisEverySecond does the same with a file that is synced every
// second. Redis may answer before it has written, for up to two seconds; what
// was written is there, and of the rest nothing is counted twice: all
// that was spent is what each request was charged, once.
func TestKilledRedisEverySecond(t *testing.T) {
	t.Parallel()
	r := clustertest.RedisWith(t, cluster.RedisOptions{Append: cluster.AppendFsyncEverySec})
	client := r.Client()
	defer client.Close()
	l := New(client, WithPatience(time.Minute))
	l.tombstone = time.Hour
	users, _ := small(t, l, "acme", 200*money.Dollar)
	early, late := newTraffic(l, "acme", users), newTraffic(l, "acme", users)
	early.run(t, "early", 8, early.done(time.Second, 50, 0))
	synced(t, client)
	late.lossy = true
	var over atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		done := late.done(2*time.Second, 50, 0)
		late.run(t, "late", 8, func() bool { return over.Load() && done() })
	})
	await(t, late.done(time.Second, 20, 0))
	restart(t, r)
	over.Store(true)
	wg.Wait()
	late.due()
	if _, err := l.Sweep(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	b := snapshot(t, client, "acme", users)
	b.checkSums(t)
	charged := charges(t, client, "acme")
	var sum money.Amount
	for id, amount := range charged {
		sum += amount
		held, granted := late.held[id]
		if _, ok := early.held[id]; !ok && (!granted || amount != late.charged[id] && amount != held) {
			t.Errorf("%s was charged %s: granted %t, held %s and cost %s", id, amount, granted, held, late.charged[id])
		}
	}
	for id := range early.held {
		if got, ok := charged[id]; !ok || got != early.charged[id] {
			t.Errorf("%s was charged %s (%t), and cost %s", id, got, ok, early.charged[id])
		}
	}
	if got := b.nodes["acme"].spent; got.Cmp(big.NewInt(int64(sum))) != 0 {
		t.Errorf("spent %s, but the requests were charged %d", got, int64(sum))
	}
	t.Logf("%d and %d granted, %d were gone and recorded", early.granted, late.granted, late.gone)
}

// TestEmptyRedis is a Redis that comes back with nothing: everything is
// unknown until it is applied again, and nothing is promised meanwhile.
func TestEmptyRedis(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	l := New(client, WithPatience(time.Minute))
	users, _ := small(t, l, "acme", money.Dollar)
	res := Reservation{ID: "request-1", Path: users[0], Amount: 5, TTL: time.Minute}
	if _, err := l.Reserve(t.Context(), res); err != nil {
		t.Fatal(err)
	}
	if err := r.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var unknown *UnknownError
	if _, err := l.Reserve(t.Context(), res); !errors.As(err, &unknown) || unknown.Level != Organization {
		t.Errorf("a reserve on an empty Redis: %v", err)
	}
	if _, err := l.Settle(t.Context(), "request-1", users[0], 3); !errors.Is(err, ErrGone) {
		t.Errorf("a settle on an empty Redis: %v", err)
	}
	if err := l.Record(t.Context(), "request-1", users[0], 3); !errors.As(err, &unknown) {
		t.Errorf("a record on an empty Redis: %v", err)
	}
	small(t, l, "acme", money.Dollar)
	for range 2 {
		if err := l.Record(t.Context(), "request-1", users[0], 3); err != nil {
			t.Error(err)
		}
	}
	b := snapshot(t, client, "acme", users)
	b.checkSums(t)
	if got := b.nodes["acme"].spent.Int64(); got != 3 {
		t.Errorf("spent %d, not 3", got)
	}
}
