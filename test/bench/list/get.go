package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tollgate.dev/tollgate/test/bench/report"
)

const (
	getWorkers = 16
	getRounds  = 7
	// Of each round: to find out what the server can do, and to measure.
	saturateFor = 2 * time.Second
	getFor      = 3 * time.Second
	// getWaiting is how many gets may be under way; what is due beyond that
	// waits, and its waiting counts.
	getWaiting = 128
)

// round is gets at four fifths of what the server could do just before.
type round struct{ p50, p99 time.Duration }

func (r round) ratio() float64 { return float64(r.p99) / float64(r.p50) }

// get measures gets of one budget at four fifths of what the server can do, by
// the median of some rounds: what else the machine does for a while counts
// little.
func (b *bench) get(ctx context.Context) ([]report.Result, error) {
	if _, err := b.saturate(ctx, time.Second); err != nil { // warms the authorization cache
		return nil, err
	}
	var rounds []round
	for range getRounds {
		rate, err := b.saturate(ctx, saturateFor)
		if err != nil {
			return nil, err
		}
		took, err := b.paced(ctx, rate*0.8)
		if err != nil {
			return nil, err
		}
		r := round{p50: median(took), p99: quantile(took, 0.99)}
		fmt.Fprintf(os.Stderr, "gets: %.0f/s at most; at 80%%: median %s, p99 %s\n", rate, r.p50, r.p99)
		rounds = append(rounds, r)
	}
	slices.SortFunc(rounds, func(a, b round) int { return cmp.Compare(a.ratio(), b.ratio()) })
	r := rounds[len(rounds)/2]
	return []report.Result{report.AtMost("get one budget at 80% of saturation: p99 against the median", "ms", ms(r.p99), ms(r.p50), 5)}, nil
}

// one gets the same budget each time: authorization is cached by name, and
// asking kube-apiserver is not what is measured here.
func (b *bench) one(ctx context.Context) error {
	_, err := b.fetch(ctx, listURL+"/chat."+groupName(0)+"."+userName(0), "application/json", nil)
	return err
}

// saturate returns the gets per second of workers that never pause.
func (b *bench) saturate(ctx context.Context, d time.Duration) (float64, error) {
	var n atomic.Int64
	var g errgroup.Group
	start := time.Now()
	for range getWorkers {
		g.Go(func() error {
			for time.Since(start) < d {
				if err := b.one(ctx); err != nil {
					return err
				}
				n.Add(1)
			}
			return nil
		})
	}
	err := g.Wait()
	return float64(n.Load()) / time.Since(start).Seconds(), err
}

// paced sends gets at a rate, whether earlier ones were answered or not, and
// returns how long each took from when it was due.
func (b *bench) paced(ctx context.Context, rate float64) ([]time.Duration, error) {
	var mu sync.Mutex
	var took []time.Duration
	var g errgroup.Group
	g.SetLimit(getWaiting)
	start := time.Now()
	for i := 0; ; i++ {
		due := start.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		if due.Sub(start) > getFor {
			break
		}
		time.Sleep(time.Until(due))
		g.Go(func() error {
			err := b.one(ctx)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(due))
			return err
		})
	}
	return took, g.Wait()
}
