package usage_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/hack/cluster/clustertest"
	"tollgate.dev/tollgate/metering/usage"
)

func keys(users int) []usage.Key {
	var out []usage.Key
	for u := range users {
		for _, model := range []string{"openai/gpt-5:mini", "claude"} {
			out = append(out, usage.Key{Project: "chat", Group: "engineers", User: fmt.Sprintf("u%d", u), Model: model, Cluster: "outbound|443||llm-openai.dns"})
		}
	}
	return out
}

func newReader(t testing.TB, address string, change func(*usage.Options)) *usage.Reader {
	t.Helper()
	o := usage.Options{Address: address, Timeout: 2 * time.Minute} // a busy machine lets Mimir wait
	if change != nil {
		change(&o)
	}
	r, err := usage.NewReader(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func byKey(list []usage.Row) map[usage.Key]usage.Counters {
	out := map[usage.Key]usage.Counters{}
	for _, r := range list {
		out[r.Key.Value()] = r.Counters
	}
	return out
}

// TestCountsWhatWasSampled pushes what random fleets of gateway pods would have
// shown to an agent, with restarts in place, pods that come and go, addresses
// that are used again, failing scrapes and users who turn up late, and compares
// with the oracle.
func TestCountsWhatWasSampled(t *testing.T) {
	t.Parallel()
	m := clustertest.Mimir(t)
	tenants := 0
	rapid.Check(t, func(rt *rapid.T) {
		tenants++
		tenant := fmt.Sprintf("tenant-%d", tenants)
		length := time.Duration(rapid.SampledFrom([]int{20, 40, 60, 90, 120, 200, 300, 1800, 3000}).Draw(rt, "minutes")) * time.Minute
		interval := time.Duration(rapid.SampledFrom([]int{15, 30, 60}).Draw(rt, "interval")) * time.Second
		if length > 10*time.Hour {
			interval = 2 * time.Minute
		}
		start := time.Now().Add(-length - 10*time.Minute - time.Duration(rapid.IntRange(0, 86400).Draw(rt, "ago"))*time.Second).Truncate(time.Second).UTC()
		w := newWorld(start, length, interval, rapid.Uint64().Draw(rt, "seed"))
		inUse := map[string]span{}
		for p := range rapid.IntRange(1, 3).Draw(rt, "pods") {
			drawPod(rt, w, p, inUse)
		}
		for part := range slices.Chunk(w.all(), 20) {
			if err := m.Push(t.Context(), tenant, part...); err != nil {
				rt.Fatal(err)
			}
		}
		r := newReader(t, m.PrometheusURL, nil)
		for range 3 {
			a := rapid.Int64Range(-600, int64(length/time.Second)+300).Draw(rt, "a")
			b := rapid.Int64Range(-600, int64(length/time.Second)+300).Draw(rt, "b")
			if a == b {
				b++
			}
			in := span{start.Add(time.Duration(min(a, b)) * time.Second), start.Add(time.Duration(max(a, b)) * time.Second)}
			slices, err := r.Totals(t.Context(), usage.Query{Tenant: tenant, Organization: "acme", Since: in.since, Until: in.until})
			if err != nil {
				rt.Fatal(err)
			}
			got := byKey(slices[0].Rows)
			if diff := cmp.Diff(w.window(in, time.Hour), got); diff != "" {
				rt.Fatalf("%s to %s: -oracle +counted\n%s", in.since, in.until, diff)
			}
			// A call is counted with the first sample that shows it, so the calls of the scrape before belong to the window.
			made := w.made(span{in.since.Add(-w.interval - time.Hour), in.until})
			for k, c := range got {
				if m := made[k]; c.Requests > m.Requests || c.Input > m.Input || c.Output > m.Output || c.Total > m.Total {
					rt.Fatalf("%v: counted %v, but only %v were made", k, c, m)
				}
			}
		}
	})
}

// drawPod adds a pod. Its address may be that of one that was gone before it came.
func drawPod(rt *rapid.T, w *world, p int, inUse map[string]span) {
	length := w.end.Sub(w.start)
	at := func(label string, from, to float64) time.Time {
		return w.start.Add(time.Duration(rapid.Float64Range(from, to).Draw(rt, label) * float64(length))).Truncate(time.Millisecond)
	}
	from, until := at("from", -0.3, 0.9), at("until", 0.2, 1.2)
	if until.Before(from) {
		from, until = until, from
	}
	var restarts []time.Time
	for range rapid.IntRange(0, 3).Draw(rt, "restarts") {
		restarts = append(restarts, at("restart", 0, 1))
	}
	slices.SortFunc(restarts, time.Time.Compare)
	var outages []span
	for range rapid.IntRange(0, 2).Draw(rt, "outages") {
		o := at("outage", 0, 1)
		outages = append(outages, span{o, o.Add(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "outage seconds")) * time.Second)})
	}
	instance := fmt.Sprintf("10.0.0.%d:15020", p)
	for _, address := range slices.Sorted(maps.Keys(inUse)) {
		if inUse[address].until.Before(from) && rapid.Bool().Draw(rt, "address again") {
			instance = address
			break
		}
	}
	inUse[instance] = span{from, until}
	w.pod(fmt.Sprintf("gateway-%d", p), instance, from, until, keys(rapid.IntRange(1, 3).Draw(rt, "users")),
		float64(rapid.SampledFrom([]int{1, 10, 200}).Draw(rt, "calls per hour")), restarts, outages)
}
