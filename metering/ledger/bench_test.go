package ledger

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
)

// The setting in which the ledger's rates are held against plain GETs.
const (
	benchConnections = 50
	benchUsers       = 10_000
	// Rounds are short and alternate, and the medians of the ratios within a
	// round count: what else the machine does then concerns both sides.
	benchRounds = 21
	benchRound  = 250 * time.Millisecond
)

// BenchmarkAgainstGET measures reserve, settle and pairs of both as ratios of
// the rate of plain GETs on the same Redis, in alternating rounds, and reports
// the medians. It fails below the rates that the project promises.
func BenchmarkAgainstGET(b *testing.B) {
	r := clustertest.Redis(b)
	client := redis.NewClient(&redis.Options{Addr: r.Addr, PoolSize: benchConnections, MinIdleConns: benchConnections})
	defer client.Close()
	// Tombstones are swept between the rounds, as they are in life all the time.
	l := New(client, WithTombstone(time.Millisecond))
	users := benchOrganization(b, l, "acme", benchUsers)
	for i, u := range users {
		if err := client.Set(b.Context(), "plain:"+string(u), fmt.Sprintf("%048d", i), 0).Err(); err != nil {
			b.Fatal(err)
		}
	}
	var ids atomic.Int64
	reserve := func(ctx context.Context, i int) string {
		id := fmt.Sprintf("request-%010d", ids.Add(1))
		_, err := l.Reserve(ctx, Reservation{ID: id, Path: users[i%benchUsers], Amount: 5_000_000, TTL: MaxTTL})
		if err != nil {
			b.Error(err)
		}
		return id
	}
	settle := func(ctx context.Context, id string, i int) {
		if _, err := l.Settle(ctx, id, users[i%benchUsers], 3_000_000); err != nil {
			b.Error(err)
		}
	}
	for i := range users { // a user's first use makes its node
		settle(b.Context(), reserve(b.Context(), i), i)
	}
	var get, reserves, settles, pairs []float64
	for range benchRounds {
		get = append(get, benchRate(b, 0, func(ctx context.Context, i int) {
			if err := client.Get(ctx, "plain:"+string(users[i%benchUsers])).Err(); err != nil {
				b.Error(err)
			}
		}))
		var mu sync.Mutex
		var open []string
		var at []int
		reserves = append(reserves, benchRate(b, 0, func(ctx context.Context, i int) {
			id := reserve(ctx, i)
			mu.Lock()
			open, at = append(open, id), append(at, i)
			mu.Unlock()
		}))
		settles = append(settles, benchRate(b, len(open), func(ctx context.Context, i int) {
			settle(ctx, open[i], at[i])
		}))
		pairs = append(pairs, benchRate(b, 0, func(ctx context.Context, i int) {
			settle(ctx, reserve(ctx, i), i)
		}))
		time.Sleep(10 * time.Millisecond)
		if _, err := l.Sweep(b.Context(), "acme"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(get), "GET/s")
	for _, m := range []struct {
		name  string
		rates []float64
		least float64
	}{{"reserve", reserves, 0.37}, {"settle", settles, 0.45}, {"pair", pairs, 0.21}} {
		ratios := make([]float64, len(get))
		for i := range get {
			ratios[i] = m.rates[i] / get[i]
		}
		b.ReportMetric(median(m.rates), m.name+"/s")
		b.ReportMetric(median(ratios), m.name+"/GET")
		b.Logf("%s: %.3f of the rate of GETs, at least %.2f wanted; by round %.2f", m.name, median(ratios), m.least, ratios)
		if median(ratios) < m.least {
			b.Errorf("%s: %.3f of the rate of GETs, wanted %.2f", m.name, median(ratios), m.least)
		}
	}
}

// benchRate runs f on all connections for one round, or most times, and returns
// calls per second.
func benchRate(b *testing.B, most int, f func(ctx context.Context, i int)) float64 {
	b.Helper()
	var next, done atomic.Int64
	start := time.Now()
	var wg sync.WaitGroup
	for range benchConnections {
		wg.Go(func() {
			for time.Since(start) < benchRound {
				i := int(next.Add(1) - 1)
				if most > 0 && i >= most {
					return
				}
				f(b.Context(), i)
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(start).Seconds()
}

// benchOrganization applies an organization whose users all live on the default
// of one of ten groups, and returns them.
func benchOrganization(tb testing.TB, l *Ledger, org string, users int) []Path {
	tb.Helper()
	now := time.Now().Truncate(time.Hour)
	month := Calendar{ID: "month", Boundaries: []time.Time{now.Add(-time.Hour), now.Add(24 * time.Hour), now.Add(48 * time.Hour)}}
	terms := Terms{Limit: money.MaxLimit, Enforcement: Block, Calendar: "month"}
	nodes := []NodeTerms{{Path: Path(org), Terms: terms}, {Path: Path(org + ".chat"), Terms: terms}}
	var paths []Path
	for g := range 10 {
		group := Path(fmt.Sprintf("%s.chat.group-%d", org, g))
		nodes = append(nodes, NodeTerms{Path: group, Terms: terms, Users: &terms})
		for u := range users / 10 {
			paths = append(paths, Path(fmt.Sprintf("%s.user-%05d", group, u)))
		}
	}
	generation, err := l.NextGeneration(tb.Context(), org)
	if err == nil {
		err = l.Apply(tb.Context(), org, Application{Generation: generation, Calendars: []Calendar{month}, Nodes: nodes})
	}
	if err != nil {
		tb.Fatal(err)
	}
	return paths
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// BenchmarkNodes reads 10,000 users in one round trip, as a list does.
func BenchmarkNodes(b *testing.B) {
	r := clustertest.Redis(b)
	client := r.Client()
	defer client.Close()
	l := New(client)
	users := benchOrganization(b, l, "acme", benchUsers)
	for i, u := range users {
		if _, err := l.Reserve(b.Context(), Reservation{ID: fmt.Sprintf("request-%d", i), Path: u, Amount: 5_000_000, TTL: MaxTTL}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("nodes", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			views, err := l.Nodes(b.Context(), "acme", users)
			if err != nil || len(views) != benchUsers || views[0].Held == 0 {
				b.Fatal(len(views), err)
			}
		}
	})
	b.Run("users", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			paths, err := l.Users(b.Context(), "acme")
			if err != nil || len(paths) != benchUsers {
				b.Fatal(len(paths), err)
			}
		}
	})
}

// BenchmarkReserveAndSettle is one caller after the other, for the allocations
// of the client.
func BenchmarkReserveAndSettle(b *testing.B) {
	r := clustertest.Redis(b)
	client := r.Client()
	defer client.Close()
	l := New(client)
	users := benchOrganization(b, l, "acme", 10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprintf("request-%d", i)
		if _, err := l.Reserve(b.Context(), Reservation{ID: id, Path: users[0], Amount: 5, TTL: MaxTTL}); err != nil {
			b.Fatal(err)
		}
		if _, err := l.Settle(b.Context(), id, users[0], 3); err != nil {
			b.Fatal(err)
		}
	}
}
