package usage_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/usage"
)

// scraped is a gateway pod's series at a scrape every 15 s, the newest at end:
// up, and one request counter for each key, with a value per scrape. -1 is a scrape
// that did not show the series.
func scraped(end time.Time, up []float64, counters map[usage.Key][]float64) []cluster.Series {
	samples := func(values []float64) []cluster.Sample {
		var out []cluster.Sample
		for i, v := range values {
			if v >= 0 {
				out = append(out, cluster.Sample{Time: end.Add(-time.Duration(len(values)-1-i) * 15 * time.Second), Value: v})
			}
		}
		return out
	}
	out := []cluster.Series{{Labels: map[string]string{"__name__": "up", "job": job, "instance": "pod:1"}, Samples: samples(up)}}
	for k, values := range counters {
		for _, m := range metricNames() {
			out = append(out, cluster.Series{Samples: samples(values), Labels: map[string]string{
				"__name__": "route_upstream_model_consumer_metric_" + m, "job": job, "instance": "pod:1",
				"ai_model": k.Model, "ai_cluster": k.Cluster, "ai_consumer": "acme." + k.Project + "." + k.Group + "." + k.User,
			}})
		}
	}
	return out
}

func user(name string) usage.Key {
	return usage.Key{Project: "chat", Group: "engineers", User: name, Model: "m", Cluster: "outbound|443||llm-openai.dns"}
}

func equal(n int64) usage.Counters {
	return usage.Counters{Requests: n, Input: n, Output: n, Total: n}
}

func push(t *testing.T, m *cluster.Mimir, tenant string, series []cluster.Series) {
	t.Helper()
	if err := m.Push(t.Context(), tenant, series...); err != nil {
		t.Fatal(err)
	}
}

// TestFirstCallsCount tells the cases apart in which a series' first value is
// usage and in which it is not.
func TestFirstCallsCount(t *testing.T) {
	t.Parallel()
	m := clustertest.Mimir(t)
	ones := []float64{1, 1, 1, 1, 1, 1, 1, 1}
	for i, tt := range []struct {
		name   string
		up     []float64
		values []float64
		age    time.Duration // of the newest sample
		want   int64
	}{
		{name: "a first call to a known pod", up: ones, values: []float64{-1, -1, -1, -1, -1, -1, 7, 7}, age: time.Hour, want: 7},
		{name: "a first call within the last seconds", up: ones, values: []float64{-1, -1, -1, -1, -1, -1, -1, 7}, want: 7},
		{name: "a pod that was there before anybody scraped it", up: ones, values: []float64{100, 100, 101, 101, 101, 101, 101, 103}, age: time.Hour, want: 3},
		{name: "a pod that could not be scraped at first", up: []float64{0, 0, 0, 1, 1, 1, 1, 1}, values: []float64{-1, -1, -1, 100, 100, 100, 100, 101}, age: time.Hour, want: 1},
		{name: "no up in the tenant", up: nil, values: []float64{-1, -1, -1, 5, 5, 5, 6, 6}, age: time.Hour, want: 1},
		{name: "a restart in place", up: ones, values: []float64{-1, 50, 60, 60, 3, 4, 4, 9}, age: time.Hour, want: 69},
		{name: "a scrape that failed, the counter went on", up: []float64{1, 1, 0, 0, 1, 1, 1, 1}, values: []float64{10, 12, -1, -1, 20, 20, 20, 20}, age: time.Hour, want: 10},
		{name: "one scrape whose up came first", up: ones, values: []float64{100, 100, 100, 100, 100, 100, 100, -1}, want: 0},
		{name: "one request alone", up: ones, values: []float64{-1, -1, -1, -1, -1, 1, 1, 1}, age: time.Hour, want: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tenant := fmt.Sprintf("first-%d", i)
			now := time.Now().Truncate(time.Second)
			end := now.Add(-tt.age)
			push(t, m, tenant, scraped(end, tt.up, map[usage.Key][]float64{user("alice"): tt.values}))
			r := newReader(t, m.PrometheusURL, nil)
			// A window of one piece: no full hour cuts off the first scrape.
			got, err := r.Totals(t.Context(), usage.Query{Tenant: tenant, Organization: "acme", Since: end.Add(-10 * time.Minute), Until: end})
			if err != nil {
				t.Fatal(err)
			}
			want := map[usage.Key]usage.Counters{user("alice"): equal(tt.want)}
			if tt.want == 0 {
				want = map[usage.Key]usage.Counters{}
			}
			if diff := cmp.Diff(want, byKey(got[0].Rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestHostileNames: names that are PromQL are names.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	m := clustertest.Mimir(t)
	end := time.Now().Add(-time.Hour).Truncate(time.Second)
	ones := []float64{1, 1, 1, 1}
	counters := map[usage.Key][]float64{}
	want := map[usage.Key]usage.Counters{}
	for i, name := range []string{
		`a"b`, `a\b`, `a\"b`, "a\nb", `a{b`, `a}b`, `"} or vector(1) #`, `.*`, `(x|y)`, `[a]`, `$`, `^`, "`", `'`, "ü", "a b", `a,b="c`, `%s`, `{{.}}`,
	} {
		k := usage.Key{Project: "chat", Group: "g", User: fmt.Sprintf("u%d", i), Model: name, Cluster: name}
		counters[k] = []float64{-1, 1, 2, float64(3 + i)}
		want[k] = equal(int64(3 + i))
	}
	series := scraped(end, ones, counters)
	for _, s := range series {
		s.Labels["instance"] = `pod"}) or up{x=~".*\` + "\n"
	}
	push(t, m, "hostile", series)
	r := newReader(t, m.PrometheusURL, nil)
	q := usage.Query{Tenant: "hostile", Organization: "acme", Since: end.Add(-5 * time.Minute), Until: end}
	got, err := r.Totals(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, byKey(got[0].Rows)); diff != "" {
		t.Error(diff)
	}
	// Organizations whose names are patterns match nobody.
	for _, organization := range []string{".*", "ac.e", "acme|globex", "acm", `acme"} or up{x="`, "ACME", "acme.chat"} {
		q.Organization = organization
		got, err := newReader(t, m.PrometheusURL, nil).Totals(t.Context(), q)
		if err != nil || len(got[0].Rows) != 0 {
			t.Errorf("organization %q: %v, %v", organization, got, err)
		}
	}
	// A hostile target that was reset is asked for by its labels.
	q.Organization = "acme"
	end = end.Add(10 * time.Minute)
	reset := scraped(end, ones, map[usage.Key][]float64{user("alice"): {5, 9, 2, 4}})
	for _, s := range reset {
		s.Labels["instance"] = `pod"}) or up{x=~".*\` + "\n"
	}
	push(t, m, "hostile", reset)
	got, err = r.Totals(t.Context(), usage.Query{Tenant: "hostile", Organization: "acme", Since: end.Add(-5 * time.Minute), Until: end})
	if err != nil {
		t.Fatal(err)
	}
	if c := byKey(got[0].Rows)[user("alice")]; c != equal(13) {
		t.Errorf("after a reset: %v, want 13: 5 (the pod was scraped before), 4, 2, 2", c)
	}
}

// TestTenantsApart reads two tenants with the same series names at once, through
// one reader, and expects each to see its own numbers only.
func TestTenantsApart(t *testing.T) {
	t.Parallel()
	m := clustertest.Mimir(t)
	end := time.Now().Add(-time.Hour).Truncate(time.Second)
	value := map[string]int64{"tenant-a": 11, "tenant-b": 22, "tenant-c": 0}
	for tenant, n := range value {
		if n > 0 {
			push(t, m, tenant, scraped(end, []float64{1, 1, 1}, map[usage.Key][]float64{user("alice"): {-1, 1, float64(n)}}))
		}
	}
	r := newReader(t, m.PrometheusURL, func(o *usage.Options) { o.MaxRows = 20 }) // small, so that pieces are counted again and again
	var wg sync.WaitGroup
	for i := range 60 {
		for tenant, n := range value {
			wg.Go(func() {
				since := end.Add(-10*time.Minute - time.Duration(i%5)*time.Second)
				got, err := r.Totals(t.Context(), usage.Query{Tenant: tenant, Organization: "acme", Since: since, Until: end})
				if err != nil {
					t.Error(err)
					return
				}
				if c := byKey(got[0].Rows)[user("alice")]; c != equal(n) {
					t.Errorf("tenant %s: %v, want %d", tenant, c, n)
				}
			})
		}
	}
	wg.Wait()
}

func TestPricesThatChangeInsideTheWindow(t *testing.T) {
	t.Parallel()
	m := clustertest.Mimir(t)
	end := time.Now().Add(-time.Hour).Truncate(time.Second)
	million := 1e6
	push(t, m, "prices", scraped(end, []float64{1, 1, 1, 1, 1}, map[usage.Key][]float64{user("alice"): {-1, million, 2 * million, 3 * million, 7 * million}}))
	in := func(n money.Amount) price.Rates {
		return price.Rates{price.Input: n * money.Dollar, price.Output: 0}
	}
	table := price.NewTable([]price.Entry{
		{Model: "m", Mode: price.Chat, Rates: in(1)},
		{Model: "m", Mode: price.Chat, Rates: in(10), From: end.Add(-20 * time.Second)}, // before the fourth scrape
	})
	r := newReader(t, m.PrometheusURL, nil)
	got, err := r.Estimates(t.Context(), usage.Query{Tenant: "prices", Organization: "acme", Since: end.Add(-5 * time.Minute), Until: end}, table)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Counters != equal(7_000_000) || got[0].Cost != (2+50)*money.Dollar || got[0].Unpriced != nil {
		t.Errorf("got %+v, want 2 million tokens at $1 and 5 million at $10", got)
	}
}

func TestHourly(t *testing.T) {
	t.Parallel()
	m := clustertest.Mimir(t)
	end := time.Now().Truncate(time.Hour).Add(-5 * time.Hour)
	push(t, m, "hours", scraped(end.Add(30*time.Second), []float64{1, 1, 1, 1, 1}, map[usage.Key][]float64{user("alice"): {1, 2, 3, 5, 9}}))
	got, err := newReader(t, m.PrometheusURL, nil).Hourly(t.Context(), usage.Query{Tenant: "hours", Organization: "acme", Since: end.Add(-90 * time.Minute), Until: end.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	var sums []int64
	for _, s := range got {
		sums = append(sums, byKey(s.Rows)[user("alice")].Total)
	}
	if diff := cmp.Diff([]int64{0, 2, 6}, sums); diff != "" {
		t.Error(diff)
	}
}

// TestConditionsTellJobsApart: of a pod that two jobs scrape, one counts.
func TestConditionsTellJobsApart(t *testing.T) {
	t.Parallel()
	m := clustertest.Mimir(t)
	end := time.Now().Add(-time.Hour).Truncate(time.Second)
	series := scraped(end, []float64{1, 1, 1}, map[usage.Key][]float64{user("alice"): {-1, 1, 5}})
	push(t, m, "tenant", series)
	for _, s := range series {
		s.Labels["job"] = "another"
	}
	push(t, m, "tenant", series)
	for want, conditions := range map[int64]map[string]string{10: nil, 5: {"job": job}, 0: {"job": "none"}} {
		r := newReader(t, m.PrometheusURL, func(o *usage.Options) { o.Conditions = conditions })
		got, err := r.Totals(t.Context(), usage.Query{Tenant: "tenant", Organization: "acme", Since: end.Add(-5 * time.Minute), Until: end})
		if err != nil {
			t.Fatal(err)
		}
		if c := byKey(got[0].Rows)[user("alice")]; c != equal(want) {
			t.Errorf("conditions %v: %v, want %d", conditions, c, want)
		}
	}
}
