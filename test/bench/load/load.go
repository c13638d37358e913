package load

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Clients ask one server.
type Clients struct {
	// Number of them; each has at most one request under way.
	Number int
	// Ask makes one request and reads its answer.
	Ask func(context.Context) error
}

// Saturate asks without a pause for a time and returns the answers per second,
// or the first error.
func (c Clients) Saturate(ctx context.Context, d time.Duration) (float64, error) {
	var answers atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for range c.Number {
		g.Go(func() error {
			for time.Since(began) < d {
				if err := c.Ask(ctx); err != nil {
					return err
				}
				answers.Add(1)
			}
			return nil
		})
	}
	err := g.Wait()
	return float64(answers.Load()) / time.Since(began).Seconds(), err
}

// Took is how long each request of a time took.
type Took struct{ Due, Sent []time.Duration }

// Pace asks at an even rate, in requests per second, for a time. What is due
// goes to whichever client is free next. It returns the first error.
func (c Clients) Pace(ctx context.Context, rate float64, d time.Duration) (Took, error) {
	var next atomic.Int64
	var mu sync.Mutex
	var all Took
	g, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for range c.Number {
		g.Go(func() error {
			var mine Took
			defer func() {
				mu.Lock()
				defer mu.Unlock()
				all.Due, all.Sent = append(all.Due, mine.Due...), append(all.Sent, mine.Sent...)
			}()
			for {
				due := time.Duration(float64(next.Add(1)-1) / rate * float64(time.Second))
				if due > d {
					return nil
				}
				time.Sleep(time.Until(began.Add(due)))
				sent := time.Now()
				if err := c.Ask(ctx); err != nil {
					return err
				}
				mine.Due = append(mine.Due, time.Since(began.Add(due)))
				mine.Sent = append(mine.Sent, time.Since(sent))
			}
		})
	}
	err := g.Wait()
	return all, err
}

// Round is the median and the 99th percentile of one time, from when requests
// were due or sent.
type Round struct{ Median, P99 time.Duration }

// NewRound returns those of some times; zeros for none.
func NewRound(took []time.Duration) Round {
	if len(took) == 0 {
		return Round{}
	}
	sorted := slices.Sorted(slices.Values(took))
	return Round{Median: sorted[len(sorted)/2], P99: sorted[len(sorted)*99/100]}
}

// Ratio is the 99th percentile against the median.
func (r Round) Ratio() float64 { return float64(r.P99) / float64(r.Median) }

// Middle returns the round with the median ratio of some: what else the machine
// does for a while counts little.
func Middle(rounds []Round) Round {
	sorted := slices.SortedFunc(slices.Values(rounds), func(a, b Round) int { return cmp.Compare(a.Ratio(), b.Ratio()) })
	return sorted[len(sorted)/2]
}
