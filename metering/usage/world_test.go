package usage_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/metering/usage"
)

// world is a simulated fleet of gateway pods, scraped by one agent. It knows
// every call that was made and every sample that was taken.
type world struct {
	start    time.Time // of the agent
	end      time.Time
	interval time.Duration
	rng      *rand.Rand
	calls    map[usage.Key][]call
	series   map[seriesKey]*recorded
	ups      map[string]*recorded // by pod
}

type call struct {
	at       time.Time
	counters usage.Counters
}

type seriesKey struct {
	pod, instance string
	key           usage.Key
	metric        int
}

// recorded is the samples of one series; stale ones are NaN and no samples.
type recorded struct {
	labels  map[string]string
	samples []cluster.Sample
}

const job = "gateway"

func metricNames() []string {
	return []string{"llm_duration_count", "input_token", "output_token", "total_token"}
}

func values(c usage.Counters) []int64 { return []int64{c.Requests, c.Input, c.Output, c.Total} }

func newWorld(start time.Time, length, interval time.Duration, seed uint64) *world {
	return &world{
		start: start, end: start.Add(length), interval: interval, rng: rand.New(rand.NewPCG(seed, 1)),
		calls: map[usage.Key][]call{}, series: map[seriesKey]*recorded{}, ups: map[string]*recorded{},
	}
}

// pod simulates one gateway pod between two instants. Its process is restarted
// in place at the given instants, and its scrapes fail during the outages.
func (w *world) pod(name, instance string, from, until time.Time, keys []usage.Key, callsPerHour float64, restarts []time.Time, outages []span) {
	counters := map[usage.Key]usage.Counters{}
	offset := time.Duration(w.rng.Int64N(int64(w.interval))).Truncate(time.Millisecond)
	next := w.start.Add(offset)
	scrape := func(at time.Time) {
		down := slices.ContainsFunc(outages, func(o span) bool { return at.After(o.since) && !at.After(o.until) })
		up := 1.0
		if down {
			up = 0
		}
		w.record(w.upSeries(name, instance), at, up)
		if down {
			for k, s := range w.series {
				if k.pod == name {
					w.record(s, at, math.Float64frombits(0x7ff0000000000002)) // Prometheus's staleness marker
				}
			}
			return
		}
		for k, c := range counters {
			for m, v := range values(c) {
				if v > 0 { // Envoy shows a counter once it was incremented
					w.record(w.one(seriesKey{name, instance, k, m}), at, float64(v))
				}
			}
		}
	}
	at := from
	for {
		at = at.Add(time.Duration(w.rng.ExpFloat64() * float64(time.Hour) / callsPerHour))
		if at.After(until) {
			at = until
		}
		for ; !next.After(at) && !next.After(w.end); next = next.Add(w.interval) {
			for len(restarts) > 0 && restarts[0].Before(next) {
				clear(counters)
				restarts = restarts[1:]
			}
			if !next.Before(from) {
				scrape(next)
			}
		}
		for len(restarts) > 0 && restarts[0].Before(at) {
			clear(counters)
			restarts = restarts[1:]
		}
		if !at.Before(until) {
			return
		}
		k := keys[w.rng.IntN(len(keys))]
		c := usage.Counters{Requests: 1, Input: w.rng.Int64N(5000), Output: w.rng.Int64N(3) * 700}
		c.Total = c.Input + c.Output
		counters[k] = counters[k].Add(c)
		w.calls[k] = append(w.calls[k], call{at, c})
	}
}

func (w *world) record(s *recorded, at time.Time, v float64) {
	s.samples = append(s.samples, cluster.Sample{Time: at, Value: v})
}

func (w *world) upSeries(pod, instance string) *recorded {
	if w.ups[pod] == nil {
		w.ups[pod] = &recorded{labels: map[string]string{"__name__": "up", "job": job, "instance": instance, "pod": pod}}
	}
	return w.ups[pod]
}

func (w *world) one(k seriesKey) *recorded {
	if w.series[k] == nil {
		w.series[k] = &recorded{labels: map[string]string{
			"__name__": "route_upstream_model_consumer_metric_" + metricNames()[k.metric],
			"job":      job, "instance": k.instance, "pod": k.pod, "ai_route": "acme/chat",
			"ai_cluster": k.key.Cluster, "ai_model": k.key.Model,
			"ai_consumer": fmt.Sprintf("acme.%s.%s.%s", k.key.Project, k.key.Group, k.key.User),
		}}
	}
	return w.series[k]
}

// all is every series, ready to be pushed.
func (w *world) all() []cluster.Series {
	var out []cluster.Series
	for _, s := range w.series {
		out = append(out, cluster.Series{Labels: s.labels, Samples: s.samples})
	}
	for _, s := range w.ups {
		out = append(out, cluster.Series{Labels: s.labels, Samples: s.samples})
	}
	return out
}

type span struct{ since, until time.Time }

// made is what was really called in a window.
func (w *world) made(in span) map[usage.Key]usage.Counters {
	out := map[usage.Key]usage.Counters{}
	for k, list := range w.calls {
		for _, c := range list {
			if c.at.After(in.since) && !c.at.After(in.until) {
				out[k] = out[k].Add(c.counters)
			}
		}
	}
	return out
}

// counted is what docs/usage.md says is counted in one piece of time: the
// oracle. reset tells whether some series was reset in it.
func (w *world) counted(in span, lookback time.Duration) (out map[usage.Key]usage.Counters, reset bool) {
	out = map[usage.Key]usage.Counters{}
	seen := span{in.since.Add(-lookback), in.until}
	for k, s := range w.series {
		var list []cluster.Sample
		wasReset := false
		for _, x := range s.samples {
			if math.IsNaN(x.Value) || !seen.has(x.Time) {
				continue
			}
			wasReset = wasReset || len(list) > 0 && x.Value < list[len(list)-1].Value
			list = append(list, x)
		}
		reset = reset || wasReset
		var c usage.Counters
		*[]*int64{&c.Requests, &c.Input, &c.Output, &c.Total}[k.metric] = w.rise(list, w.scrapes(k.instance, seen), in, wasReset)
		if c != (usage.Counters{}) {
			out[k.key] = out[k.key].Add(c)
		}
	}
	return out, reset
}

// rise is how far a counter rose in a window, by its samples of the window and
// the lookback before it, and by when its target was scraped in that time.
func (w *world) rise(list []cluster.Sample, scrapes []time.Time, in span, wasReset bool) (sum int64) {
	for i, x := range list {
		if !in.has(x.Time) {
			continue
		}
		switch {
		case i > 0 && x.Value < list[i-1].Value:
			sum += int64(x.Value)
		case i > 0:
			sum += int64(x.Value - list[i-1].Value)
		// A scrape without the series says that it was at zero then. Where the value never fell, any such scrape says that all
		// of the last value was counted since; where it fell, only one before the first sample does.
		case !wasReset && len(scrapes) > len(list), wasReset && scrapes[0].Before(x.Time):
			sum += int64(x.Value)
		}
	}
	return sum
}

// scrapes are the successful scrapes of a target, in order.
func (w *world) scrapes(instance string, in span) (out []time.Time) {
	for _, up := range w.ups {
		if up.labels["instance"] != instance {
			continue
		}
		for _, x := range up.samples {
			if x.Value == 1 && in.has(x.Time) {
				out = append(out, x.Time)
			}
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

func (s span) has(t time.Time) bool { return t.After(s.since) && !t.After(s.until) }

// window is the oracle of a whole window: days by themselves where nothing was
// reset, hours otherwise.
func (w *world) window(in span, lookback time.Duration) map[usage.Key]usage.Counters {
	out := map[usage.Key]usage.Counters{}
	add := func(more map[usage.Key]usage.Counters) {
		for k, c := range more {
			out[k] = out[k].Add(c)
		}
	}
	for at := in.since; at.Before(in.until); {
		end := at.Add(24 * time.Hour)
		if at.Equal(at.Truncate(24*time.Hour)) && !end.After(in.until) {
			if counted, reset := w.counted(span{at, end}, lookback); !reset {
				add(counted)
				at = end
				continue
			}
		}
		end = at.Truncate(time.Hour).Add(time.Hour)
		if end.After(in.until) {
			end = in.until
		}
		counted, _ := w.counted(span{at, end}, lookback)
		add(counted)
		at = end
	}
	return out
}
