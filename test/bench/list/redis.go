package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/test/bench/report"
)

const (
	reserveFor  = 6 * time.Second
	reservePace = 4 * time.Millisecond
)

// redis measures what lists do to Redis: the longest command, and what
// reserving feels meanwhile.
func (b *bench) redis(ctx context.Context) ([]report.Result, error) {
	quiet, err := b.reserves(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.slowlog(ctx, "100"); err != nil {
		return nil, err
	}
	listing, stop := context.WithCancel(ctx)
	defer stop()
	var n atomic.Int64
	var g errgroup.Group
	g.Go(func() error {
		for listing.Err() == nil {
			if _, err := b.fetch(listing, listURL, "application/json", nil); err != nil && listing.Err() == nil {
				return err
			}
			n.Add(1)
		}
		return nil
	})
	during, err := b.reserves(ctx)
	stop()
	if listErr := g.Wait(); err == nil {
		err = listErr
	}
	if err != nil {
		return nil, err
	}
	longest, err := b.longestRead(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "%d lists; reserve p99 quiet %s, meanwhile %s; longest read %s\n", n.Load(), quantile(quiet, 0.99), quantile(during, 0.99), longest)
	return []report.Result{
		report.AtMost("p99 of reserves while lists run, against quiet", "ms", ms(quantile(during, 0.99)), ms(quantile(quiet, 0.99)), 3),
		report.AtMost("longest command of a list in Redis", "ms", ms(longest), 1, 1),
	}, nil
}

// reserves reserves and settles at a pace, and returns how long reserves took.
func (b *bench) reserves(ctx context.Context) ([]time.Duration, error) {
	var took []time.Duration
	tick := time.NewTicker(reservePace)
	defer tick.Stop()
	for end := time.Now().Add(reserveFor); time.Now().Before(end); <-tick.C {
		id, path := fmt.Sprintf("reserve-%d", time.Now().UnixNano()), userPath(len(took)%users)
		start := time.Now()
		_, err := b.rig.Ledger.Reserve(ctx, ledger.Reservation{ID: id, Path: path, Amount: money.Dollar / 100, TTL: time.Minute})
		took = append(took, time.Since(start))
		if err != nil {
			return nil, err
		}
		if _, err := b.rig.Ledger.Settle(ctx, id, path, 1); err != nil {
			return nil, err
		}
	}
	return took, nil
}

func (b *bench) slowlog(ctx context.Context, microseconds string) error {
	if err := b.rig.Client.ConfigSet(ctx, "slowlog-log-slower-than", microseconds).Err(); err != nil {
		return fmt.Errorf("setting up the slow log: %w", err)
	}
	if err := b.rig.Client.ConfigSet(ctx, "slowlog-max-len", "100000").Err(); err != nil {
		return fmt.Errorf("setting up the slow log: %w", err)
	}
	return b.rig.Client.Do(ctx, "SLOWLOG", "RESET").Err()
}

// longestRead returns the longest time that Redis spent on one command that is
// no script.
func (b *bench) longestRead(ctx context.Context) (time.Duration, error) {
	entries, err := b.rig.Client.SlowLogGet(ctx, -1).Result()
	if err != nil {
		return 0, fmt.Errorf("reading the slow log: %w", err)
	}
	var longest time.Duration
	for _, e := range entries {
		switch e.Args[0] {
		case "evalsha", "eval", "config", "SLOWLOG", "slowlog":
		default:
			longest = max(longest, e.Duration)
		}
	}
	return longest, nil
}
