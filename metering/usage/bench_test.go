package usage_test

import (
	"fmt"
	"testing"
	"time"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/usage"
)

// BenchmarkMonth counts 30 days of 100 users on one pod, scraped once a minute
// (400 series, 17 million samples): cold, when nothing is remembered, and warm,
// as the next caller finds it a minute later.
func BenchmarkMonth(b *testing.B) {
	const users, days = 100, 30
	m := clustertest.Mimir(b)
	end := time.Now().Truncate(time.Minute)
	for d := range days {
		var batch []cluster.Series
		samples := func(step float64) []cluster.Sample {
			out := make([]cluster.Sample, 0, 1440)
			for i := range 1440 {
				at := d*1440 + i
				out = append(out, cluster.Sample{Time: end.Add(time.Duration(at-days*1440+1) * time.Minute), Value: step * float64(at)})
			}
			return out
		}
		batch = append(batch, cluster.Series{Labels: map[string]string{"__name__": "up", "job": job, "instance": "pod:1"}, Samples: samples(0)})
		for u := range users {
			for i, name := range metricNames() {
				batch = append(batch, cluster.Series{Samples: samples(float64(1 + i*100)), Labels: map[string]string{
					"__name__": "route_upstream_model_consumer_metric_" + name, "job": job, "instance": "pod:1",
					"ai_model": "m", "ai_cluster": "c", "ai_consumer": fmt.Sprintf("acme.chat.engineers.u%d", u),
				}})
			}
			if len(batch) > 100 {
				if err := m.Push(b.Context(), "acme", batch...); err != nil {
					b.Fatal(err)
				}
				batch = nil
			}
		}
		if err := m.Push(b.Context(), "acme", batch...); err != nil {
			b.Fatal(err)
		}
	}
	count := func(b *testing.B, r *usage.Reader, until time.Time) {
		got, err := r.Totals(b.Context(), usage.Query{Tenant: "acme", Organization: "acme", Since: until.Add(-days * 24 * time.Hour), Until: until})
		if err != nil {
			b.Fatal(err)
		}
		if n := len(got[0].Rows); n != users {
			b.Fatalf("%d rows", n)
		}
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			count(b, newReader(b, m.PrometheusURL, nil), end)
		}
	})
	b.Run("warm", func(b *testing.B) {
		r := newReader(b, m.PrometheusURL, nil)
		count(b, r, end)
		until := end
		for b.Loop() {
			until = until.Add(-15 * time.Second)
			count(b, r, until)
		}
	})
}
