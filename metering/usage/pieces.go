package usage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// leastKept is how long the newest piece is remembered.
	leastKept = 15 * time.Second
	// longestKept is how long the oldest are.
	longestKept = 12 * time.Hour
	// daysPerQuery and hoursPerQuery bound the work of one query.
	daysPerQuery, hoursPerQuery = 4, 24
)

// keep is how long a piece that ended at this age may be remembered: samples can
// come late, so what is younger is asked for again sooner.
func keep(age time.Duration) time.Duration {
	return min(max(age/10, leastKept), longestKept)
}

// pieces counts each span, in their order. What it asks for goes on when the
// caller gives up, so that a caller who comes back finds more of it done.
func (r *Reader) pieces(ctx context.Context, o owner, list []span) ([][]Row, error) {
	out := make([][]Row, len(list))
	index := map[span]int{}
	var missing []span
	for i, s := range list {
		got, ok := r.cache.get(o.piece(s))
		if !ok {
			missing = append(missing, s)
			index[s] = i
		}
		out[i] = got
	}
	type flight struct {
		run    run
		answer <-chan singleResult
	}
	var flights []flight
	old, young := r.byAge(missing)
	for _, whole := range append(runs(old), runs(young)...) {
		most := hoursPerQuery
		if whole.first().length() > hour {
			most = daysPerQuery
		}
		for part := range slices.Chunk(whole, most) {
			flights = append(flights, flight{part, r.join(ctx, o, part)})
		}
	}
	for _, f := range flights {
		select {
		case <-ctx.Done():
			return nil, &Error{Kind: Timeout, Tenant: o.tenant, Err: ctx.Err()}
		case got := <-f.answer:
			if got.err != nil {
				return nil, got.err
			}
			for i, s := range f.run {
				out[index[s]] = got.rows[i]
			}
		}
	}
	return out, nil
}

// settled is the age from which on a piece's samples are taken to be complete.
const settled = 2 * time.Minute

// byAge tells apart the spans whose newest samples may still be on their way.
// They are never counted in one query with others.
func (r *Reader) byAge(list []span) (old, young []span) {
	for _, s := range list {
		if r.isYoung(s) {
			young = append(young, s)
		} else {
			old = append(old, s)
		}
	}
	return old, young
}

func (r *Reader) isYoung(s span) bool { return r.now().Sub(s.until) < settled }

type singleResult struct {
	rows [][]Row
	err  error
}

// join counts a run, together with everybody who wants the same run of the same
// owner at the same time.
func (r *Reader) join(ctx context.Context, o owner, part run) <-chan singleResult {
	name := fmt.Sprintf("%q %q %d %d %d", o.tenant, o.organization,
		part.first().since.UnixMilli(), part.first().until.UnixMilli(), part.last().until.UnixMilli())
	done := make(chan singleResult, 1)
	flight := r.flights.DoChan(name, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*r.timeout)
		defer cancel()
		if counted, ok := r.remembered(o, part); ok { // a flight has landed since the caller looked
			return counted, nil
		}
		return r.fetch(ctx, o, part)
	})
	go func() {
		got := <-flight
		counted, _ := got.Val.([][]Row)
		done <- singleResult{counted, got.Err}
	}()
	return done
}

// remembered returns the rows of a run whose pieces are all known.
func (r *Reader) remembered(o owner, part run) ([][]Row, bool) {
	out := make([][]Row, len(part))
	for i, s := range part {
		got, ok := r.cache.get(o.piece(s))
		if !ok {
			return nil, false
		}
		out[i] = got
	}
	return out, true
}

// resetTarget is a scrape target with a series that was reset, and of which metrics.
type resetTarget struct {
	labels  []string
	metrics []metric
}

// fetch counts the spans of a run and remembers them.
func (r *Reader) fetch(ctx context.Context, o owner, part run) ([][]Row, error) {
	sums := make([]rows, len(part))
	resets := make([]map[string]*resetTarget, len(part))
	for i := range part {
		sums[i], resets[i] = rows{}, map[string]*resetTarget{}
	}
	lag := time.Duration(0)
	if r.isYoung(part.last()) {
		lag = r.lag
	}
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	for m := range metrics {
		g.Go(func() error {
			query := r.formula.increase(m, o.organization, part.first().length(), lag).String()
			return r.ask(gctx, o, func(ctx context.Context) error {
				return r.client.queryRange(ctx, o.tenant, query, part.first().until, part.last().until, part.first().length(), func(s series) error {
					mu.Lock()
					defer mu.Unlock()
					return r.gather(o, part, m, s, sums, resets)
				})
			})
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := make([][]Row, len(part))
	for i, s := range part {
		if len(resets[i]) > 0 {
			if err := r.countResets(ctx, o, s, resets[i], sums[i]); err != nil {
				return nil, err
			}
		}
		out[i] = sums[i].list()
		r.cache.put(o.piece(s), out[i], keep(r.now().Sub(s.until)))
	}
	return out, nil
}

// gather adds one series of an answer to the spans that its points belong to.
func (r *Reader) gather(o owner, part run, m metric, s series, sums []rows, resets []map[string]*resetTarget) error {
	_, counted := s.labels[labelConsumer]
	for _, p := range s.points {
		i := part.at(p.at)
		if i < 0 {
			return fmt.Errorf("a point at %s was not asked for", p.at.Format(time.RFC3339))
		}
		if counted {
			k, ok, err := key(o.organization, s.labels)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			var once Counters
			m.set(&once, p.value)
			sums[i][k] = sums[i][k].Add(once)
			continue
		}
		t := &resetTarget{}
		for _, l := range r.formula.target {
			t.labels = append(t.labels, s.labels[l.String()])
		}
		name := strings.Join(t.labels, "\x00")
		if known, ok := resets[i][name]; ok {
			t = known
		}
		t.metrics = append(t.metrics, m)
		resets[i][name] = t
	}
	return nil
}

// countResets completes the sums of a span in which counters were reset: a day
// is counted again by hours, an hour's reset series by their samples.
func (r *Reader) countResets(ctx context.Context, o owner, s span, targets map[string]*resetTarget, sums rows) error {
	if s.length() > hour {
		hours, err := r.pieces(ctx, o, spans(s.since, s.until, nil, hour))
		if err != nil {
			return err
		}
		clear(sums)
		for _, h := range hours {
			sums.add(h)
		}
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		for _, m := range targets[name].metrics {
			counted, err := r.raw(ctx, o, m, targets[name].labels, s)
			if err != nil {
				return err
			}
			sums.add(counted)
		}
	}
	return nil
}

// ask makes one request to Mimir when there is room for it, within its deadline.
func (r *Reader) ask(ctx context.Context, o owner, request func(context.Context) error) error {
	if err := r.slots.Acquire(ctx, 1); err != nil {
		return &Error{Kind: Timeout, Tenant: o.tenant, Detail: "is busy with other questions", Err: err}
	}
	defer r.slots.Release(1)
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	return request(ctx)
}
