package usage

import (
	"context"
	"slices"
	"time"
	"unique"

	"tollgate.dev/tollgate/metering/usage/promql"
)

// raw counts, sample by sample, the series of a target that were reset in the
// window of a span, which is what formula.increase leaves out.
func (r *Reader) raw(ctx context.Context, o owner, m metric, target []string, s span) ([]Row, error) {
	same := make([]promql.Matcher, len(target))
	for i, l := range r.formula.target {
		same[i] = promql.Equal(l, target[i])
	}
	window := s.length() + r.formula.lookback

	var scraped []point // successful scrapes of the target
	err := r.ask(ctx, o, func(ctx context.Context) error {
		scraped = nil
		return r.client.samples(ctx, o.tenant, r.formula.scrapes(same...).Over(window, 0).String(), s.until, func(s series) error {
			scraped = append(scraped, slices.DeleteFunc(s.points, func(p point) bool { return p.value == 0 })...)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	var firstScrape time.Time
	for _, p := range scraped {
		if firstScrape.IsZero() || p.at.Before(firstScrape) {
			firstScrape = p.at
		}
	}

	sums := rows{}
	err = r.ask(ctx, o, func(ctx context.Context) error {
		clear(sums)
		return r.client.samples(ctx, o.tenant, r.formula.counter(m, o.organization, same...).Over(window, 0).String(), s.until, func(c series) error {
			k, ok, err := key(o.organization, c.labels)
			if err != nil || !ok || !isReset(c.points) {
				return err
			}
			sums.count(k, m, increase(c.points, s.since, firstScrape))
			return nil
		})
	})
	return sums.list(), err
}

func (r rows) count(k unique.Handle[Key], m metric, n int64) {
	c := r[k]
	m.set(&c, n)
	r[k] = c
}

func isReset(points []point) bool {
	for i := range len(points) - 1 {
		if points[i+1].value < points[i].value {
			return true
		}
	}
	return false
}

// increase is how far a counter rose after since. A value below the one before
// it was counted from zero, and so was the very first value if its target had
// been scraped before it was there; a first value after since that is neither
// says nothing.
func increase(points []point, since, firstScrape time.Time) int64 {
	var sum int64
	for i, p := range points {
		if !p.at.After(since) {
			continue
		}
		switch {
		case i > 0 && p.value >= points[i-1].value:
			sum += p.value - points[i-1].value
		case i > 0:
			sum += p.value
		case !firstScrape.IsZero() && firstScrape.Before(p.at):
			sum += p.value
		}
	}
	return sum
}
