package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/test/bench/report"
	"tollgate.dev/tollgate/test/bench/world"
)

const (
	connections = 50
	users       = 10_000
	// Rounds are short and alternate, and the medians of the ratios within a
	// round count: what else the machine does then concerns both sides.
	rounds = 31
	round  = 250 * time.Millisecond

	held   money.Amount = 5_000_000
	actual money.Amount = 3_000_000
)

// bench has a filled ledger and, beside it, a plain key for each user.
type bench struct {
	client *redis.Client
	ledger *ledger.Ledger
	paths  []ledger.Path
	plain  []string
	ids    atomic.Int64
}

func newBench(ctx context.Context, client *redis.Client) (*bench, error) {
	fmt.Fprintln(os.Stderr, "writing the limits of 10,000 users")
	w := world.New(users + world.Above)
	b := &bench{client: client, ledger: ledger.New(client), paths: w.Users()}
	if err := w.Fill(ctx, b.ledger); err != nil {
		return nil, fmt.Errorf("filling the ledger: %w", err)
	}
	pipe := client.Pipeline()
	for i, p := range b.paths {
		b.plain = append(b.plain, "plain:"+string(p))
		pipe.Set(ctx, b.plain[i], fmt.Sprintf("%048d", i), 0)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("writing plain keys: %w", err)
	}
	return b, nil
}

func (b *bench) get(ctx context.Context, i int) error {
	return b.client.Get(ctx, b.plain[i%len(b.plain)]).Err()
}

func (b *bench) reserve(ctx context.Context, i int) (string, error) {
	id := fmt.Sprintf("request-%010d", b.ids.Add(1))
	_, err := b.ledger.Reserve(ctx, ledger.Reservation{ID: id, Path: b.paths[i%len(b.paths)], Amount: held, TTL: ledger.MaxTTL})
	return id, err
}

func (b *bench) settle(ctx context.Context, id string, i int) error {
	_, err := b.ledger.Settle(ctx, id, b.paths[i%len(b.paths)], actual)
	return err
}

func (b *bench) pair(ctx context.Context, i int) error {
	id, err := b.reserve(ctx, i)
	if err != nil {
		return err
	}
	return b.settle(ctx, id, i)
}

// measure alternates the four kinds of calls and compares within each round.
func (b *bench) measure(ctx context.Context) ([]report.Result, error) {
	fmt.Fprintf(os.Stderr, "measuring %d rounds of %s\n", rounds, 4*round)
	var gets, reserves, settles, pairs []float64
	for range rounds {
		rate, err := sustained(ctx, 0, b.get)
		if err != nil {
			return nil, fmt.Errorf("getting: %w", err)
		}
		gets = append(gets, rate)

		var mu sync.Mutex
		var ids []string
		var at []int
		rate, err = sustained(ctx, 0, func(ctx context.Context, i int) error {
			id, err := b.reserve(ctx, i)
			mu.Lock()
			ids, at = append(ids, id), append(at, i)
			mu.Unlock()
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reserving: %w", err)
		}
		reserves = append(reserves, rate)

		rate, err = sustained(ctx, len(ids), func(ctx context.Context, i int) error { return b.settle(ctx, ids[i], at[i]) })
		if err != nil {
			return nil, fmt.Errorf("settling: %w", err)
		}
		settles = append(settles, rate)

		if rate, err = sustained(ctx, 0, b.pair); err != nil {
			return nil, fmt.Errorf("reserving and settling: %w", err)
		}
		pairs = append(pairs, rate)

		if err := b.forget(ctx); err != nil {
			return nil, fmt.Errorf("forgetting what was settled: %w", err)
		}
	}
	return []report.Result{
		compare("ledger: reserve beside GET", reserves, gets, 0.37),
		compare("ledger: settle beside GET", settles, gets, 0.45),
		compare("ledger: reserve and settle beside GET", pairs, gets, 0.21),
	}, nil
}

// forget takes away all that a round left behind, as sweeps do in life once it is
// old enough: each round meets the same ledger.
func (b *bench) forget(ctx context.Context) error {
	const open, due, page = "tg:{" + world.Organization + "}:open", "tg:{" + world.Organization + "}:due", 1000
	for {
		ids, err := b.client.ZRangeArgs(ctx, redis.ZRangeArgs{Key: due, ByScore: true, Start: "-inf", Stop: "(+inf", Count: page}).Result()
		if err != nil || len(ids) == 0 {
			return err
		}
		pipe := b.client.Pipeline()
		pipe.HDel(ctx, open, ids...)
		pipe.ZRemRangeByRank(ctx, due, 0, int64(len(ids)-1))
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
	}
}

// compare takes the median of the ratios within the rounds.
func compare(name string, ours, gets []float64, least float64) report.Result {
	ratios := make([]float64, len(gets))
	for i := range gets {
		ratios[i] = ours[i] / gets[i]
	}
	reference := median(gets)
	return report.AtLeast(name, "calls/s", median(ratios)*reference, reference, least)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// sustained runs f from all connections for one round, or most times when most
// is above 0, and returns calls per second.
func sustained(ctx context.Context, most int, f func(ctx context.Context, i int) error) (float64, error) {
	var next, done atomic.Int64
	failures := make([]error, connections)
	start := time.Now()
	var wg sync.WaitGroup
	for c := range connections {
		wg.Go(func() {
			for time.Since(start) < round {
				i := int(next.Add(1) - 1)
				if most > 0 && i >= most {
					return
				}
				if failures[c] = f(ctx, i); failures[c] != nil {
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(start).Seconds(), errors.Join(failures...)
}
