package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"tollgate.dev/tollgate/test/bench/admission/turn"
	"tollgate.dev/tollgate/test/bench/report"
)

// latencyReviews is how many are timed in one turn; their 99th percentile is
// the ninth from the top.
const latencyReviews = 900

// size compares the tail with 10,000 objects to that with 100. The reviews are
// the same.
func (b *bench) size(ctx context.Context) (results []report.Result, err error) {
	everyday, _, err := newWorld(smallWorld).reviews()
	if err != nil {
		return nil, err
	}
	var entrants []entrant
	for _, objects := range []int{smallWorld, largeWorld} {
		all, err := newWorld(objects).objects()
		if err != nil {
			return nil, err
		}
		entrants = append(entrants, entrant{fmt.Sprintf("%d objects", objects), asWebhook, &turn.Work{Objects: all, Reviews: everyday}, 0})
	}
	f, err := b.field(ctx, entrants...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	tails := map[string][]time.Duration{}
	for round := range paceFor(b.quick).rounds + 1 {
		for _, player := range f.players {
			took, err := player.Run(turn.Turn{Reviews: latencyReviews, Each: true})
			if err != nil {
				return nil, err
			}
			tellOutOfTime(took)
			if round > 0 { // the first warms up
				tails[player.Name] = append(tails[player.Name], quantile(took.Each, 0.99))
			}
		}
	}
	small, large := tails[f.players[0].Name], tails[f.players[1].Name]
	fmt.Fprintf(os.Stderr, "p99 by round: with %d objects %s, with %d %s\n", smallWorld, small, largeWorld, large)
	return []report.Result{report.AtMost("p99 with 10,000 objects, against 100", "ms", ms(median(large)), ms(median(small)), 1.3)}, nil
}

// changes compares the tail while policies and objects change and one policy
// never ends to that of a quiet engine, at the same modest rate.
func (b *bench) changes(ctx context.Context) (results []report.Result, err error) {
	w := newWorld(largeWorld)
	objects, err := w.objects()
	if err != nil {
		return nil, err
	}
	everyday, _, err := w.reviews()
	if err != nil {
		return nil, err
	}
	f, err := b.field(ctx, entrant{nameOurs, asWebhook, &turn.Work{Objects: objects, Reviews: everyday}, 0})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	player := f.players[0]
	warm, err := player.Run(turn.Turn{Reviews: latencyReviews, Each: true})
	if err != nil {
		return nil, err
	}
	alone := median(warm.Each)
	rate := 0.3 * float64(warm.Reviews) / warm.Wall.Seconds()
	tail := func() (p50, p99 time.Duration, err error) {
		took, err := player.Run(turn.Turn{Reviews: latencyReviews, Rate: rate, Each: true})
		tellOutOfTime(took)
		return median(took.Each), quantile(took.Each, 0.99), err
	}
	var quiet, during []time.Duration
	for range max(2, paceFor(b.quick).rounds/2) {
		p50, p99, err := tail()
		if err != nil {
			return nil, err
		}
		if p50 > overloaded*alone { // when everything waits, nothing that is added shows
			return nil, fmt.Errorf("the engine was overloaded at three tenths of its own rate (median %s, one at a time %s): something else uses the processors", p50, alone)
		}
		quiet = append(quiet, p99)
		if err := player.Disturb(true); err != nil {
			return nil, err
		}
		if _, p99, err = tail(); err != nil {
			return nil, err
		}
		during = append(during, p99)
		if err := player.Disturb(false); err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(os.Stderr, "p99 by round at %.0f a second: quiet %s, while all changes %s\n", rate, quiet, during)
	return []report.Result{
		report.AtMost("p99 while 100 policies a minute come and go, 100 objects a second change and one policy never ends, against quiet", "ms",
			ms(median(during)), ms(median(quiet)), 2),
	}, nil
}

func tellOutOfTime(took turn.Took) {
	if took.OutOfTime > 0 {
		fmt.Fprintf(os.Stderr, "in %d of %d reviews a policy ran out of time\n", took.OutOfTime, took.Reviews)
	}
}

func median[T cmp.Ordered](d []T) T { return quantile(d, 0.5) }

func quantile[T cmp.Ordered](d []T, q float64) T {
	var none T
	if len(d) == 0 {
		return none
	}
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
