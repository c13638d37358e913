package usage

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"
)

// Options configure a Reader. Only Address is required.
type Options struct {
	// Address is the base of Mimir's Prometheus API: http://mimir.example:8080/prometheus.
	Address string
	// Transport carries the requests; http.DefaultTransport when nil. Credentials and TLS are its business.
	Transport http.RoundTripper
	// TargetLabels name one scrape target: a gateway pod. "job" and "instance" when empty.
	TargetLabels []string
	// Conditions are labels, with their values, that the gateway's series and their targets' up must have; for a tenant that
	// holds the same series from several scrape jobs.
	Conditions map[string]string
	// Lookback is how far before a window a counter's former value is looked for, and how long a gap in scraping is bridged at the
	// border of a piece of time; one hour when 0.
	Lookback time.Duration
	// Lag is how much later than its target's up a sample may reach Mimir; 30 seconds when 0.
	Lag time.Duration
	// Timeout of one request to Mimir; 20 seconds when 0.
	Timeout time.Duration
	// MaxRequests is how many requests to Mimir are under way at most; 8 when 0.
	MaxRequests int64
	// MaxBody is the longest answer in bytes; 64 MiB when 0.
	MaxBody int64
	// MaxRows bounds the memory of counted pieces, about 50 bytes for a row; 500,000 when 0.
	MaxRows int
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Reader counts usage. It is safe for use by many goroutines.
type Reader struct {
	client  *client
	formula formula
	lag     time.Duration
	timeout time.Duration
	now     func() time.Time
	slots   *semaphore.Weighted
	cache   *cache
	flights singleflight.Group
}

// NewReader returns a reader. It asks Mimir nothing yet.
func NewReader(o Options) (*Reader, error) {
	if len(o.TargetLabels) == 0 {
		o.TargetLabels = []string{"job", "instance"}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	lookback, lag := cmp.Or(o.Lookback, time.Hour), cmp.Or(o.Lag, 30*time.Second)
	if lookback < lag || lag < 0 {
		return nil, errors.New("the lookback must be longer than the lag, and neither below zero")
	}
	f, err := newFormula(o.TargetLabels, o.Conditions, lookback)
	if err != nil {
		return nil, err
	}
	c, err := newClient(o.Address, o.Transport, cmp.Or(o.MaxBody, 64<<20))
	if err != nil {
		return nil, err
	}
	return &Reader{
		client: c, formula: f, lag: lag, now: o.Now,
		timeout: cmp.Or(o.Timeout, 20*time.Second),
		slots:   semaphore.NewWeighted(cmp.Or(o.MaxRequests, 8)),
		cache:   newCache(cmp.Or(o.MaxRows, 500_000), o.Now),
	}, nil
}

// Query says what to count.
type Query struct {
	// Tenant of Mimir that holds the organization's metrics. The caller has made sure that it is this organization's own.
	Tenant string
	// Organization, the first label of its consumers' names.
	Organization string
	// Since and Until bound the window: what was counted after Since, until Until. Whole seconds; Until is not in the future.
	Since, Until time.Time
	// Cuts are instants at which Totals begins another slice.
	Cuts []time.Time
}

// Totals counts a window: one slice, or several that follow each other when the
// query has cuts inside the window. All failures of Mimir are *Error; then the
// usage is unknown as a whole.
func (r *Reader) Totals(ctx context.Context, q Query) ([]Slice, error) {
	list, counted, err := r.count(ctx, q, day)
	if err != nil {
		return nil, err
	}
	cut := map[int64]bool{}
	for _, c := range q.Cuts {
		cut[c.UnixMilli()] = true
	}
	var out []Slice
	sums := rows{}
	since := q.Since
	for i, s := range list {
		sums.add(counted[i])
		if i == len(list)-1 || cut[s.until.UnixMilli()] {
			out = append(out, Slice{since, s.until, sums.list()})
			sums, since = rows{}, s.until
		}
	}
	return out, nil
}

// Hourly counts a window in slices of an hour, each from full hour to full hour
// but for the first and last.
func (r *Reader) Hourly(ctx context.Context, q Query) ([]Slice, error) {
	list, counted, err := r.count(ctx, q, hour)
	if err != nil {
		return nil, err
	}
	out := make([]Slice, len(list))
	for i, s := range list {
		out[i] = Slice{s.since, s.until, counted[i]}
	}
	return out, nil
}

func (r *Reader) count(ctx context.Context, q Query, longest time.Duration) ([]span, [][]Row, error) {
	switch {
	case q.Tenant == "" || q.Organization == "":
		return nil, nil, errors.New("counting usage: no tenant or no organization was given")
	case !q.Since.Before(q.Until):
		return nil, nil, errors.New("counting usage: the window does not begin before its end")
	}
	list := spans(q.Since, q.Until, q.Cuts, longest)
	counted, err := r.pieces(ctx, owner{q.Tenant, q.Organization}, list)
	return list, counted, err
}
