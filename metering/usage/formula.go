package usage

import (
	"maps"
	"slices"
	"time"

	"tollgate.dev/tollgate/metering/usage/promql"
)

// Labels of the gateway's series.
const (
	labelConsumer = "ai_consumer"
	labelModel    = "ai_model"
	labelCluster  = "ai_cluster"
)

// metric is one of the gateway's counters.
type metric uint8

const (
	requests metric = iota
	inputTokens
	outputTokens
	totalTokens
	metrics // their number
)

// series is the metric's name in Mimir.
func (m metric) series() string {
	const prefix = "route_upstream_model_consumer_metric_"
	return prefix + [metrics]string{"llm_duration_count", "input_token", "output_token", "total_token"}[m]
}

func (m metric) set(c *Counters, n int64) {
	switch m {
	case requests:
		c.Requests += n
	case inputTokens:
		c.Input += n
	case outputTokens:
		c.Output += n
	case totalTokens:
		c.Total += n
	}
}

// formula builds the expressions. See docs/usage.md for why they count right.
type formula struct {
	names      [metrics]promql.Name
	up         promql.Name
	consumer   promql.Name
	target     []promql.Name // labels that name a scrape target, such as job and instance
	by         []promql.Name
	conditions []promql.Matcher
	lookback   time.Duration
}

func newFormula(target []string, conditions map[string]string, lookback time.Duration) (formula, error) {
	f := formula{lookback: lookback}
	var err error
	name := func(s string) promql.Name {
		n, bad := promql.NewName(s)
		if bad != nil && err == nil {
			err = bad
		}
		return n
	}
	for m := range metrics {
		f.names[m] = name(m.series())
	}
	f.up, f.consumer = name("up"), name(labelConsumer)
	for _, l := range []string{labelCluster, labelModel, labelConsumer} {
		f.by = append(f.by, name(l))
	}
	for _, l := range target {
		f.target = append(f.target, name(l))
	}
	for _, l := range slices.Sorted(maps.Keys(conditions)) {
		f.conditions = append(f.conditions, promql.Equal(name(l), conditions[l]))
	}
	return f, err
}

// counter selects an organization's series of a metric.
func (f formula) counter(m metric, organization string, more ...promql.Matcher) promql.Selector {
	dot := promql.Literal(".")
	consumer := promql.Literal(organization).Then(
		dot, promql.WithoutDot(), dot, promql.WithoutDot(), dot, promql.WithoutDot())
	matchers := append([]promql.Matcher{promql.Matches(f.consumer, consumer)}, f.conditions...)
	return promql.Select(f.names[m], append(matchers, more...)...)
}

func (f formula) scrapes(more ...promql.Matcher) promql.Selector {
	return promql.Select(f.up, append(append([]promql.Matcher{}, f.conditions...), more...)...)
}

// increase is the exact increase of a metric in the window that ends at the
// instant of evaluation, by cluster, model and consumer, of all series that were
// not reset in it; and for each target that has a series which was, one element
// with the target's labels instead.
//
// What reached Mimir in the last lag is not used to tell whether a series is
// new: of two series of one scrape one may have arrived and the other not.
func (f formula) increase(m metric, organization string, window, lag time.Duration) promql.Expr {
	c := f.counter(m, organization)
	last := promql.LastOverTime().Of(c.Over(window, 0))
	before := promql.LastOverTime().Of(c.Over(f.lookback, window))
	first := promql.MinOverTime().Of(c.Over(window, 0)) // of a series without a reset

	// A target is scraped whole: a series that has fewer samples than its target has
	// successful scrapes was not there at the first of them, so it began at zero.
	seen := window + f.lookback - lag
	scrapes := promql.Sum(promql.SumOverTime().Of(f.scrapes().Over(seen, lag)), f.target...)
	sinceFirstScrape := promql.CountOverTime().Of(c.Over(seen, lag)).AtLeast(scrapes, f.target...)
	fromZero := last.AndOn(scrapes.AboveZero(), f.target...).Unless(sinceFirstScrape)

	reset := promql.Resets().Of(c.Over(window+f.lookback, 0)).AboveZero()
	counted := last.Minus(before).Or(fromZero).Or(last.Minus(first)).Unless(reset)
	return promql.Sum(counted, f.by...).Or(promql.Group(reset, f.target...))
}
