package ledger

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
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
