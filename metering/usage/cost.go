package usage

import (
	"context"
	"errors"
	"math"
	"time"
	"unique"

	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
)

// Estimate is what one key used in a window and what that costs by a price
// table. The gateway's metrics do not tell cached and reasoning tokens apart:
// input is priced at the input price and output at the output price.
type Estimate struct {
	Key
	Counters
	// Cost in nano-USD of the part that has a price.
	Cost money.Amount
	// Unpriced says why some of it has none; nil when all of it has. It is an
	// *price.UnpricedError, or price.ErrOverflow.
	Unpriced error
}

// Estimates counts a window and prices it, each part at the price that was
// effective. Failures of Mimir are *Error; then nothing is known.
func (r *Reader) Estimates(ctx context.Context, q Query, table *price.Table) ([]Estimate, error) {
	slices, err := r.Totals(ctx, q)
	if err != nil {
		return nil, err
	}
	if q.Cuts = changes(slices, table, q.Since, q.Until); len(q.Cuts) > 0 {
		if slices, err = r.Totals(ctx, q); err != nil {
			return nil, err
		}
	}
	return estimate(slices, table), nil
}

// changes are the instants, rounded up to whole seconds, at which the price of
// something that was used changed.
func changes(slices []Slice, table *price.Table, since, until time.Time) []time.Time {
	type priced struct{ provider, model string }
	seen := map[priced]bool{}
	var out []time.Time
	for _, s := range slices {
		for _, row := range s.Rows {
			k := row.Key.Value()
			p := priced{provider(table, k, until), k.Model}
			if seen[p] {
				continue
			}
			seen[p] = true
			for _, t := range table.Changes(p.provider, p.model, since, until) {
				if whole := t.Truncate(time.Second); !whole.Equal(t) {
					t = whole.Add(time.Second)
				}
				out = append(out, t)
			}
		}
	}
	return out
}

// provider is the name under which the table is asked for a key: the gateway's
// name of the provider if that prices the model, else none, which finds the only
// provider that lists it.
func provider(table *price.Table, k Key, at time.Time) string {
	var unpriced *price.UnpricedError
	if _, err := table.Lookup(k.Provider(), k.Model, at); errors.As(err, &unpriced) && unpriced.Reason == price.NotListed {
		return ""
	}
	return k.Provider()
}

// estimate prices each slice at its beginning.
func estimate(slices []Slice, table *price.Table) []Estimate {
	sums := map[unique.Handle[Key]]*Estimate{}
	var order []*Estimate
	for _, s := range slices {
		for _, row := range s.Rows {
			e, ok := sums[row.Key]
			if !ok {
				e = &Estimate{Key: row.Key.Value()}
				sums[row.Key] = e
				order = append(order, e)
			}
			e.add(row.Counters, table, s.Since)
		}
	}
	out := make([]Estimate, len(order))
	for i, e := range order {
		out[i] = *e
	}
	return out
}

func (e *Estimate) add(c Counters, table *price.Table, at time.Time) {
	e.Counters = e.Counters.Add(c)
	cost, err := cost(table, e.Key, c, at)
	if err == nil && cost > math.MaxInt64-e.Cost {
		err = price.ErrOverflow
	}
	if err != nil {
		if e.Unpriced == nil {
			e.Unpriced = err
		}
		return
	}
	e.Cost += cost
}

func cost(table *price.Table, k Key, c Counters, at time.Time) (money.Amount, error) {
	rate, err := table.Lookup(provider(table, k, at), k.Model, at)
	if err != nil {
		return 0, err
	}
	return rate.Cost(price.Usage{Input: c.Input, Output: c.Output, Requests: c.Requests})
}
