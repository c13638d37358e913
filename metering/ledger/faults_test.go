package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net"
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

// TestCutConnections loses one answer in fifty, after the script ran. Nothing
// is counted twice, and nothing is lost.
func TestCutConnections(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	direct := r.Client()
	defer direct.Close()
	p := newProxy(t, r.Addr)
	// go-redis's defaults: it would retry by itself if it were let.
	client := redis.NewClient(&redis.Options{Addr: p.addr, PoolSize: 20})
	defer client.Close()
	users, limits := small(t, New(direct), "acme", 200*money.Dollar)
	tr := newTraffic(New(client, WithPatience(time.Minute)), "acme", users)
	p.chance.Store(20)
	sweeper := newTraffic(New(direct, WithPatience(time.Minute)), "acme", users)
	stop := watch(t, direct, sweeper, limits)
	done := tr.done(4*time.Second, 100, 0)
	tr.run(t, "cut", 16, func() bool { return p.cuts.Load() > 0 && done() })
	p.chance.Store(0)
	tr.due()
	stop()
	tr.check(t, direct)
	t.Logf("%d connections cut", p.cuts.Load())
}

// TestRedisSendsNothingTwice counts at the server: one call of the script, while
// every answer is lost and go-redis is told to retry.
func TestRedisSendsNothingTwice(t *testing.T) {
	t.Parallel()
	single := clustertest.Redis(t)
	shards := clustertest.RedisCluster(t, cluster.RedisOptions{})
	tests := []struct {
		name    string
		servers []*cluster.Redis
		client  func(through func(string) string) redis.UniversalClient
	}{
		{"single", []*cluster.Redis{single}, func(through func(string) string) redis.UniversalClient {
			return redis.NewClient(&redis.Options{Addr: through(single.Addr), MaxRetries: 3, ReadTimeout: time.Minute})
		}},
		{"cluster", shards.Masters, func(through func(string) string) redis.UniversalClient {
			return redis.NewClusterClient(&redis.ClusterOptions{
				Addrs: shards.Addrs, MaxRetries: 3, MaxRedirects: 8, ReadTimeout: time.Minute,
				Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
					var d net.Dialer
					return d.DialContext(ctx, network, through(addr))
				},
			})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex
			proxies := map[string]*proxy{}
			for _, s := range tt.servers {
				proxies[s.Addr] = newProxy(t, s.Addr)
			}
			client := tt.client(func(addr string) string {
				mu.Lock()
				defer mu.Unlock()
				return proxies[addr].addr
			})
			defer client.Close()
			l := New(client, WithPatience(time.Minute))
			user := Path("acme.chat.eng.ann")
			var nodes []NodeTerms
			for _, p := range user.ancestors() {
				nodes = append(nodes, NodeTerms{Path: p, Terms: Terms{Calendar: "total"}})
			}
			listed(t, l, "acme", []Calendar{{ID: "total", Total: true}}, nodes...)
			calls := func() int {
				n := 0
				for _, s := range tt.servers {
					c := s.Client()
					for line := range strings.Lines(c.Info(t.Context(), "commandstats").Val()) {
						var calls int
						if _, err := fmt.Sscanf(line, "cmdstat_eval:calls=%d", &calls); err == nil {
							n += calls
						}
						if _, err := fmt.Sscanf(line, "cmdstat_evalsha:calls=%d", &calls); err == nil {
							n += calls
						}
					}
					c.Close()
				}
				return n
			}
			before := calls()
			for _, p := range proxies {
				p.chance.Store(1000)
			}
			_, err := l.once(t.Context(), l.scripts.record, eightKeys(user), []any{"request-1", 5, 1000})
			var answered redis.Error
			if err == nil || errors.As(err, &answered) {
				t.Fatalf("the answer got through: %v", err)
			}
			if n := calls() - before; n != 1 {
				t.Errorf("the script was called %d times", n)
			}
			for _, p := range proxies {
				p.chance.Store(0)
			}
		})
	}
}

// TestAnUnansweredReserveCanBeTakenBack gives up on a reserve and settles it
// with nothing, as its documentation says.
func TestAnUnansweredReserveCanBeTakenBack(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	direct := r.Client()
	defer direct.Close()
	p := newProxy(t, r.Addr)
	client := redis.NewClient(&redis.Options{Addr: p.addr, ContextTimeoutEnabled: true})
	defer client.Close()
	l := New(client, WithPatience(300*time.Millisecond))
	users, _ := small(t, New(direct), "acme", money.Dollar)
	p.chance.Store(1000)
	_, err := l.Reserve(t.Context(), Reservation{ID: "request-1", Path: users[0], Amount: 5, TTL: time.Minute})
	var refused *RefusedError
	if err == nil || errors.As(err, &refused) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a reserve without answers: %v", err)
	}
	p.chance.Store(0)
	patient := New(client, WithPatience(time.Minute)) // there are connections in the pool that were cut
	if got, err := patient.Settle(t.Context(), "request-1", users[0], 0); err != nil && !errors.Is(err, ErrGone) || got != 0 {
		t.Errorf("taking it back: %v, %v", got, err)
	}
	b := snapshot(t, direct, "acme", users)
	b.checkSums(t)
	if n := b.nodes["acme"]; n.held.Sign() != 0 || n.spent.Sign() != 0 {
		t.Errorf("held %s, spent %s", n.held, n.spent)
	}
}

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
	l := New(client, WithPatience(time.Minute), WithTombstone(time.Hour))
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
