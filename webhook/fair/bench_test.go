package fair_test

import (
	"testing"
	"time"

	"golang.org/x/sync/semaphore"

	"tollgate.dev/tollgate/webhook/fair"
)

// BenchmarkQueue is what taking turns costs a request that need not wait, its
// flow the only one: against a semaphore, which knows no flows.
func BenchmarkQueue(b *testing.B) {
	const slots, batch = 32, 256
	q, s := fair.NewQueue(slots, 256), semaphore.NewWeighted(slots)
	flow := fair.Flow{Kind: "organization", Name: "acme"}
	ctx := b.Context()
	var ours, floor time.Duration
	for b.Loop() {
		start := time.Now()
		for range batch {
			p, err := q.Enter(ctx, flow, 1)
			if err != nil {
				b.Fatal(err)
			}
			p.Leave()
		}
		ours += time.Since(start)
		start = time.Now()
		for range batch {
			if err := s.Acquire(ctx, 1); err != nil {
				b.Fatal(err)
			}
			s.Release(1)
		}
		floor += time.Since(start)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N)/batch, "ns/turn")
	b.ReportMetric(float64(ours)/float64(floor), "x-semaphore")
}
