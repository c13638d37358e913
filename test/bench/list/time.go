package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/test/bench/report"
)

const (
	warmups = 5
	lists   = 40
)

// time compares lists with the floor, in turns, by their medians.
func (b *bench) time(ctx context.Context) ([]report.Result, error) {
	var answer bytes.Buffer
	var list metering.BudgetList
	if _, err := b.fetch(ctx, listURL, "application/json", &answer); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(answer.Bytes(), &list); err != nil {
		return nil, fmt.Errorf("reading the list: %w", err)
	}
	if len(list.Items) != rows {
		return nil, fmt.Errorf("the list has %d rows, want %d", len(list.Items), rows)
	}
	floor, err := newFloor(b.rig.Redis.Client(), list)
	if err != nil {
		return nil, err
	}
	defer floor.close()
	var ours, theirs []time.Duration
	for i := range warmups + lists {
		start := time.Now()
		if _, err := b.fetch(ctx, listURL, "application/json", nil); err != nil {
			return nil, err
		}
		mine := time.Since(start)
		start = time.Now()
		if err := floor.run(ctx); err != nil {
			return nil, err
		}
		if i >= warmups {
			ours, theirs = append(ours, mine), append(theirs, time.Since(start))
		}
	}
	fmt.Fprintf(os.Stderr, "list of %d budgets, %d bytes: median %s, floor %s\n", rows, answer.Len(), median(ours), median(theirs))
	return []report.Result{report.AtMost("list 10,000 budgets, against fetch + build + encoding/json", "ms", ms(median(ours)), ms(median(theirs)), 2)}, nil
}

func median(d []time.Duration) time.Duration { return quantile(d, 0.5) }

func quantile(d []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
