package price

import (
	"fmt"
	"time"

	"tollgate.dev/tollgate/metering/money"
)

// Rate is what a model costs, as Lookup found it. It is a small value; the
// zero Rate prices nothing.
type Rate struct{ c *compiled }

// Cost is the cost of a request in nano-USD, rounded up once.
//
// Usage of several requests (Requests above 1) is priced as their sum, rounded
// up once, at the tier of their mean context: an estimate where there are tiers,
// for their single lengths are not known.
//
// A kind that is reported and has no price gives an UnpricedError, negative
// counts ErrUsage, and an amount that does not fit ErrOverflow.
func (r Rate) Cost(u Usage) (money.Amount, error) {
	if r.c == nil {
		return 0, &UnpricedError{Reason: NotListed, Detail: "no rate was looked up for it"}
	}
	counts := u.counts()
	tokens := false
	for k, n := range counts {
		if n < 0 {
			return 0, fmt.Errorf("%w: %d %s tokens", ErrUsage, n, Kind(k))
		}
		tokens = tokens || n > 0
	}
	requests := u.Requests
	switch {
	case requests < 0:
		return 0, fmt.Errorf("%w: %d requests", ErrUsage, requests)
	case requests == 0 && tokens:
		requests = 1
	}
	context, err := u.Context()
	if err != nil {
		return 0, err
	}
	s := r.c.step(mean(context, requests))
	var total sum
	for k, n := range counts {
		if n == 0 {
			continue
		}
		if s.rate[k] == none {
			return 0, r.missing(Kind(k))
		}
		total.add(n, s.rate[k])
	}
	return total.amount(requests, r.c.perRequest)
}

// mean is context / requests, rounded up.
func mean(context, requests int64) int64 {
	if requests <= 1 || context == 0 {
		return context
	}
	return (context-1)/requests + 1
}

// step is the rates for a context length.
func (c *compiled) step(context int64) *step {
	i := len(c.steps) - 1
	for i > 0 && context <= c.steps[i].above {
		i--
	}
	return &c.steps[i]
}

func (r Rate) missing(k Kind) error {
	return &UnpricedError{
		Provider: r.c.provider, Model: r.c.model, Reason: MissingPrice,
		Detail: fmt.Sprintf("a request reports %s tokens and that price is missing: add it, with \"0\" if it is free", k),
	}
}

// Price is the price of a kind in nano-USD per million tokens in a request of
// this context length, or false when it has none. Fallbacks are applied.
func (r Rate) Price(k Kind, context int64) (money.Amount, bool) {
	if r.c == nil || k >= kinds {
		return 0, false
	}
	v := r.c.step(context).rate[k]
	if v == none {
		return 0, false
	}
	return money.Amount(v), true
}

// PerRequest is the price of a request beside its tokens, in nano-USD.
func (r Rate) PerRequest() money.Amount {
	if r.c == nil {
		return 0
	}
	return money.Amount(r.c.perRequest)
}

// Provider is the provider of the entry that was found; empty when the entry
// is for any.
func (r Rate) Provider() string {
	if r.c == nil {
		return ""
	}
	return r.c.provider
}

// Mode of the model.
func (r Rate) Mode() Mode {
	if r.c == nil {
		return ""
	}
	return r.c.mode
}

// From is the moment from which the rate holds.
func (r Rate) From() time.Time {
	if r.c == nil {
		return time.Time{}
	}
	return r.c.from
}
