package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/test/bench/cores"
	"tollgate.dev/tollgate/test/bench/report"
)

const (
	reserveRounds = 7
	reserveFor    = 2 * time.Second // in each round
	reservePace   = 4 * time.Millisecond
	watchedLists  = 8
)

// redis measures what lists do to Redis: the longest command, and what
// reserving feels meanwhile.
func (b *bench) redis(ctx context.Context) ([]report.Result, error) {
	return b.apart(func() ([]report.Result, error) { return b.redisMeanwhile(ctx) })
}

func (b *bench) redisMeanwhile(ctx context.Context) ([]report.Result, error) {
	longest, err := b.longestCommand(ctx)
	if err != nil {
		return nil, err
	}
	// In turns, and by the median round, so that what else the machine does for
	// a while counts for neither.
	var quiet, during []time.Duration
	for range reserveRounds {
		took, err := b.reserves(ctx)
		if err != nil {
			return nil, err
		}
		quiet = append(quiet, quantile(took, 0.99))
		if took, err = b.reservesDuringLists(ctx); err != nil {
			return nil, err
		}
		during = append(during, quantile(took, 0.99))
	}
	fmt.Fprintf(os.Stderr, "reserve p99 by round: quiet %s, while lists run %s\n", quiet, during)
	return []report.Result{
		report.AtMost("p99 of reserves while lists run, against quiet", "ms", ms(median(during)), ms(median(quiet)), 3),
		report.AtMost("longest command of a list in Redis", "ms", ms(longest), 1, 1),
	}, nil
}

func (b *bench) reservesDuringLists(ctx context.Context) ([]time.Duration, error) {
	lists, err := b.startConsumer(ctx)
	if err != nil {
		return nil, err
	}
	// Who reads lists is on another machine than who reserves, too.
	if err := cores.Beside(lists.cmd.Process.Pid, b.rig.Server.PID()); err != nil {
		return nil, errors.Join(err, lists.stop())
	}
	took, err := b.reserves(ctx)
	return took, errors.Join(err, lists.stop())
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

// longestCommand returns the longest time for which one command of a list holds
// Redis. Each command is timed by Redis itself in several equal lists, of which
// the least counts: the rest is Redis waiting for a processor. What is not in every
// one of them is no command of a list, but of who writes and sweeps meanwhile.
func (b *bench) longestCommand(ctx context.Context) (time.Duration, error) {
	for key, value := range map[string]string{"slowlog-log-slower-than": "0", "slowlog-max-len": "20000"} {
		if err := b.rig.Client.ConfigSet(ctx, key, value).Err(); err != nil {
			return 0, fmt.Errorf("setting up the slow log: %w", err)
		}
	}
	took := map[string][]time.Duration{} // by command: the least in each list
	for list := range watchedLists {
		if err := b.rig.Client.Do(ctx, "SLOWLOG", "RESET").Err(); err != nil {
			return 0, fmt.Errorf("emptying the slow log: %w", err)
		}
		if _, err := b.fetch(ctx, listURL, "application/json", nil); err != nil {
			return 0, err
		}
		entries, err := b.rig.Client.SlowLogGet(ctx, -1).Result()
		if err != nil {
			return 0, fmt.Errorf("reading the slow log: %w", err)
		}
		for _, e := range entries {
			name := strings.Join(e.Args, " ")
			switch lists := took[name]; len(lists) {
			case list:
				took[name] = append(lists, e.Duration)
			case list + 1:
				lists[list] = min(lists[list], e.Duration)
			}
		}
	}
	var longest time.Duration
	what, commands := "", 0
	for name, lists := range took {
		if word := strings.ToLower(strings.Fields(name)[0]); len(lists) < watchedLists || word == "slowlog" || word == "config" {
			continue
		}
		commands++
		if d := slices.Min(lists); d > longest {
			longest, what = d, name
		}
	}
	fmt.Fprintf(os.Stderr, "%d different commands, the longest is %.120q with at least %s, %s in the median list\n", commands, what, longest, median(took[what]))
	if commands < rows {
		return 0, fmt.Errorf("the slow log saw %d commands of a list of %d", commands, rows)
	}
	return longest, b.rig.Client.ConfigSet(ctx, "slowlog-log-slower-than", "-1").Err()
}
