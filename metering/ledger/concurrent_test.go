package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// seconds is a calendar of windows of that many seconds around now.
func seconds(id string, length int64) Calendar {
	c := Calendar{ID: id}
	now := time.Now().Unix()
	for t := now - now%length - 10*length; t < now+600+10*length; t += length {
		c.Boundaries = append(c.Boundaries, time.Unix(t, 0))
	}
	return c
}

// listed applies terms to nodes in a new generation.
func listed(tb testing.TB, l *Ledger, org string, cals []Calendar, nodes ...NodeTerms) {
	tb.Helper()
	if err := apply(tb.Context(), l, org, cals, nodes...); err != nil {
		tb.Fatal(err)
	}
}

// apply is listed for goroutines that are not the test's own.
func apply(ctx context.Context, l *Ledger, org string, cals []Calendar, nodes ...NodeTerms) error {
	generation, err := l.NextGeneration(ctx, org)
	if err != nil {
		return err
	}
	return l.Apply(ctx, org, Application{Generation: generation, Calendars: cals, Nodes: nodes})
}

// small is an organization of two groups and eight users, on calendars of one,
// two and three seconds.
func small(tb testing.TB, l *Ledger, org string, limit money.Amount) (users []Path, limits map[Path]money.Amount) {
	tb.Helper()
	cals := []Calendar{seconds("1s", 1), seconds("2s", 2), seconds("3s", 3), {ID: "total", Total: true}}
	root, chat := Path(org), Path(org+".chat")
	limits = map[Path]money.Amount{root: limit, chat: limit / 2}
	nodes := []NodeTerms{
		{Path: root, Terms: Terms{Limit: limit, Enforcement: Block, Calendar: "3s"}},
		{Path: chat, Terms: Terms{Limit: limit / 2, Enforcement: Block, Calendar: "2s"}},
	}
	for _, g := range []string{"eng", "law"} {
		group := Path(org + ".chat." + g)
		limits[group] = limit / 3
		nodes = append(nodes, NodeTerms{
			Path:  group,
			Terms: Terms{Limit: limit / 3, Enforcement: Block, Calendar: "1s"},
			Users: &Terms{Enforcement: None, Calendar: "total"},
		})
		for u := range 4 {
			users = append(users, Path(fmt.Sprintf("%s.user-%d", group, u)))
		}
	}
	listed(tb, l, org, cals, nodes...)
	return users, limits
}

// watch sweeps, as the controller does, and checks I1 and I3 while traffic
// runs. It returns how to stop it.
func watch(tb testing.TB, client redis.UniversalClient, tr *traffic, limits map[Path]money.Amount) (stop func()) {
	ctx, cancel := context.WithCancel(tb.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			if _, err := tr.ledger.Sweep(ctx, tr.org); err != nil && ctx.Err() == nil {
				tb.Error(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			b, err := readBooks(tb, client, tr.org, tr.users)
			if err != nil {
				tb.Error(err)
				return
			}
			b.checkSums(tb)
			b.checkLimits(tb, limits, nil)
			time.Sleep(15 * time.Millisecond)
		}
	})
	return func() { cancel(); wg.Wait() }
}

// TestTraffic runs gateways, crashes, late settles and sweepers at once over
// window ends and changes of limits and calendars, and holds I1 to I4.
func TestTraffic(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	client := r.Client()
	defer client.Close()
	l := New(client, WithPatience(time.Minute))
	users, limits := small(t, l, "acme", 40*money.Dollar)
	tr := newTraffic(l, "acme", users)
	stop := watch(t, client, tr, limits)
	changes := 8
	var changed atomic.Int64
	var wg sync.WaitGroup
	wg.Go(func() {
		// Limits only go down and back up, so the largest in force stays.
		for i := range changes {
			time.Sleep(400 * time.Millisecond)
			cals := []Calendar{seconds("1s", 1), seconds("2s", 2), {ID: "total", Total: true}}
			group := Path("acme.chat.eng")
			terms := Terms{Limit: limits[group] / money.Amount(1+i%2), Enforcement: Block, Calendar: []string{"1s", "2s"}[i/2%2]}
			if err := apply(t.Context(), l, "acme", cals, NodeTerms{Path: group, Terms: terms, Users: &Terms{Enforcement: None, Calendar: "total"}}); err != nil {
				t.Error(err)
			}
			changed.Add(1)
		}
	})
	done := tr.done(4*time.Second, 100, 1)
	tr.run(t, "t", 12, func() bool { return changed.Load() == int64(changes) && done() })
	wg.Wait()
	tr.due()
	stop()
	tr.check(t, client)
}

// TestParallelReservesStopAtTheLimit sends 1,000 reserves at once at a limit
// that about 700 fit into, at each level, and wants exactly as many as fit.
func TestParallelReservesStopAtTheLimit(t *testing.T) {
	t.Parallel()
	r := clustertest.Redis(t)
	// A thousand callers wait for fifty connections.
	client := redis.NewClient(&redis.Options{Addr: r.Addr, PoolSize: 50, PoolTimeout: 5 * time.Minute, ReadTimeout: time.Minute})
	defer client.Close()
	l := New(client, WithPatience(5*time.Minute))
	tests := []struct {
		name  string
		limit money.Amount
	}{
		{"small", 10 * money.Dollar},
		{"above a hundred thousand", 100_000*money.Dollar + 1},
		{"odd", 5_555_555*money.Dollar + 123_456_789},
		{"just under the most", money.MaxLimit - 1},
		{"the most", money.MaxLimit},
	}
	for i, tt := range tests {
		for level := Organization; level <= User; level++ {
			t.Run(fmt.Sprintf("%s, %s", tt.name, level), func(t *testing.T) {
				org := fmt.Sprintf("org-%d-%d", i, level)
				user := Path(org + ".chat.eng.ann")
				var nodes []NodeTerms
				for _, p := range user.ancestors() {
					n := NodeTerms{Path: p, Terms: Terms{Enforcement: None, Calendar: "total"}}
					if p.Level() == level {
						n.Terms = Terms{Limit: tt.limit, Enforcement: Block, Calendar: "total"}
					}
					nodes = append(nodes, n)
				}
				listed(t, l, org, []Calendar{{ID: "total", Total: true}}, nodes...)
				amount := tt.limit/700 + 1
				fit := int64(tt.limit / amount)
				var granted atomic.Int64
				var wg sync.WaitGroup
				for n := range 1000 {
					wg.Go(func() {
						_, err := l.Reserve(t.Context(), Reservation{ID: fmt.Sprintf("request-%d", n), Path: user, Amount: amount, TTL: MaxTTL})
						var refused *RefusedError
						var tooMuch *TooMuchError
						switch {
						case err == nil:
							granted.Add(1)
						case tt.limit+amount > exact && level > Organization && errors.As(err, &tooMuch):
							// The nodes above have no limit, but hold as much.
						case !errors.As(err, &refused) || refused.Level != level || refused.Limit != tt.limit:
							t.Error(err)
						}
					})
				}
				wg.Wait()
				b := snapshot(t, client, org, []Path{user})
				b.checkSums(t)
				b.checkLimits(t, map[Path]money.Amount{user.ancestors()[level-1]: tt.limit}, nil)
				if granted.Load() != fit {
					t.Errorf("%d granted, %d fit", granted.Load(), fit)
				}
				if rest := tt.limit - amount*money.Amount(fit); rest > 0 {
					// What is left fits to the last nano-dollar, and not one more.
					reserve := func(id string, a money.Amount) error {
						_, err := l.Reserve(t.Context(), Reservation{ID: id, Path: user, Amount: a, TTL: MaxTTL})
						return err
					}
					if err := reserve("request-too-much", rest+1); err == nil {
						t.Error("a nano-dollar more than the rest was granted")
					}
					if err := reserve("request-the-rest", rest); err != nil {
						t.Errorf("the rest was not granted: %v", err)
					}
					if err := reserve("request-one-nano", 1); err == nil {
						t.Error("a nano-dollar was granted on a budget that is used up")
					}
				}
			})
		}
	}
}
