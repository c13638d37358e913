package traffic

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Labels of one set of counters, as Envoy's tag extraction yields them.
type Labels struct {
	Route, Cluster, Model, Consumer string
}

// Response is what the gateway's statistics count of one answered request.
type Response struct {
	Input, Output int64
	Took          time.Duration
	// FirstToken is when a streamed answer began; 0 for one that was not streamed.
	FirstToken time.Duration
}

// Gateway keeps counters as one gateway pod does and serves them on /metrics in
// the Prometheus text format, named and labelled as Higress's are. They live as
// long as it does.
type Gateway struct {
	mu       sync.Mutex
	counters map[counter]int64
}

type counter struct {
	metric string
	labels Labels
}

// NewGateway returns a gateway that has counted nothing.
func NewGateway() *Gateway { return &Gateway{counters: map[counter]int64{}} }

// Count counts an answered request. A counter that stays zero is not shown, for
// Envoy knows a counter from its first increment on.
func (g *Gateway) Count(l Labels, r Response) {
	add := map[string]int64{
		"llm_duration_count":   1,
		"llm_service_duration": r.Took.Milliseconds(),
		"input_token":          r.Input,
		"output_token":         r.Output,
		"total_token":          r.Input + r.Output,
	}
	if r.FirstToken > 0 {
		add["llm_first_token_duration"], add["llm_stream_duration_count"] = r.FirstToken.Milliseconds(), 1
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for metric, n := range add {
		if n > 0 {
			g.counters[counter{metric, l}] += n
		}
	}
}

// ServeHTTP answers a scrape.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = io.WriteString(w, g.Exposition()) // a scraper that has gone away misses nothing
}

// Exposition is the text of a scrape, in a fixed order.
func (g *Gateway) Exposition() string {
	g.mu.Lock()
	all := make([]counter, 0, len(g.counters))
	for c := range g.counters {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b counter) int {
		return cmp.Or(strings.Compare(a.metric, b.metric), strings.Compare(a.labels.Consumer, b.labels.Consumer),
			strings.Compare(a.labels.Model, b.labels.Model), strings.Compare(a.labels.Route, b.labels.Route),
			strings.Compare(a.labels.Cluster, b.labels.Cluster))
	})
	var b strings.Builder
	former := ""
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	for _, c := range all {
		name := "route_upstream_model_consumer_metric_" + c.metric
		if c.metric != former {
			fmt.Fprintf(&b, "# TYPE %s counter\n", name)
			former = c.metric
		}
		fmt.Fprintf(&b, "%s{ai_route=\"%s\",ai_cluster=\"%s\",ai_model=\"%s\",ai_consumer=\"%s\"} %d\n", name,
			escape.Replace(c.labels.Route), escape.Replace(c.labels.Cluster), escape.Replace(c.labels.Model),
			escape.Replace(c.labels.Consumer), g.counters[c])
	}
	g.mu.Unlock()
	return b.String()
}
