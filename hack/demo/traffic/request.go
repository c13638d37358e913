package traffic

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
)

// Outcome is how a simulated request ended.
type Outcome string

// The outcomes.
const (
	Answered     Outcome = "answered"
	Disconnected Outcome = "disconnected"
	Failed       Outcome = "provider_failed"
	Refused      Outcome = "refused"   // by a budget
	Unpriced     Outcome = "unpriced"  // a model that may not be called under a budget
	Unlimited    Outcome = "unapplied" // the ledger has no limits for the caller yet
	Broken       Outcome = "ledger_away"
)

// holdTTL is how long a hold stays when its request is never settled.
const holdTTL = 2 * time.Minute

// settleFor is how long a settlement is tried: longer than a Redis needs to
// restart.
const settleFor = 45 * time.Second

// Ledger is where requests are paid.
type Ledger interface {
	Reserve(ctx context.Context, r ledger.Reservation) (ledger.Grant, error)
	Settle(ctx context.Context, id string, path ledger.Path, actual money.Amount) (money.Amount, error)
	Record(ctx context.Context, id string, path ledger.Path, actual money.Amount) error
}

// Caller makes simulated requests. It is for one goroutine.
type Caller struct {
	Ledger  Ledger
	Gateway *Gateway
	Rand    *rand.Rand
	Now     func() time.Time
	// Sleep waits, or returns an error when ctx ends first.
	Sleep func(ctx context.Context, d time.Duration) error
}

// shape is the size of a request.
type shape struct {
	input, cached, maxOutput, output int64
}

// Call makes one request of a user.
func (c *Caller) Call(ctx context.Context, u User) Outcome {
	model := u.Models[c.Rand.IntN(len(u.Models))]
	rate, err := u.Prices.Lookup("", model, c.Now())
	if err != nil {
		return Unpriced
	}
	s := c.draw(rate, u.Worth)
	hold, err := rate.MaxTextCost(s.input, s.maxOutput)
	if err != nil || hold == 0 {
		return Unpriced
	}
	id := uuid.NewString()
	grant, err := c.reserve(ctx, u, id, hold)
	var refused *ledger.RefusedError
	if errors.As(err, &refused) {
		return c.lastDrop(ctx, u, refused, hold)
	}
	if err != nil {
		return c.notReserved(ctx, u, id, err)
	}
	return c.forward(ctx, u, held{id, grant.Deadline}, model, rate, s, hold)
}

// held is a hold that was granted: its request id, and when it expires.
type held struct {
	id       string
	deadline time.Time
}

func (c *Caller) reserve(ctx context.Context, u User, id string, hold money.Amount) (ledger.Grant, error) {
	return c.Ledger.Reserve(ctx, ledger.Reservation{ID: id, Path: u.Path, Amount: hold, TTL: holdTTL})
}

// notReserved ends a request that has no hold for certain. When Redis did not
// answer there may be one, so it is given back.
func (c *Caller) notReserved(ctx context.Context, u User, id string, err error) Outcome {
	var unknown *ledger.UnknownError
	var none *ledger.NoWindowError
	if errors.As(err, &unknown) || errors.As(err, &none) {
		return Unlimited
	}
	_ = c.settle(ctx, u, held{id: id}, 0) // else it is charged when it expires, which is the rule
	return Broken
}

// lastDrop asks again for exactly what is left, as a client does that is told how
// much it may still spend. Its answer is cut off before the provider reports
// usage, so it is settled at what was held.
func (c *Caller) lastDrop(ctx context.Context, u User, r *ledger.RefusedError, hold money.Amount) Outcome {
	left := r.Limit - r.Spent - r.Held
	if left <= 0 || left >= hold {
		return Refused
	}
	id := uuid.NewString()
	grant, err := c.reserve(ctx, u, id, left)
	if err != nil {
		return Refused
	}
	if c.settle(ctx, u, held{id, grant.Deadline}, left) != nil {
		return Broken
	}
	return Disconnected
}

// forward plays the provider and settles.
func (c *Caller) forward(ctx context.Context, u User, h held, model string, rate price.Rate, s shape, hold money.Amount) Outcome {
	took := 40*time.Millisecond + time.Duration(s.output)*time.Millisecond + time.Duration(c.Rand.IntN(300))*time.Millisecond
	stopped := c.Sleep(ctx, took) != nil
	switch dice := c.Rand.IntN(100); {
	case stopped:
		_ = c.settle(context.WithoutCancel(ctx), u, h, 0)
		return Failed
	case dice < 3: // the provider failed and charged nothing
		if c.settle(ctx, u, h, 0) != nil {
			return Broken
		}
		return Failed
	case dice < 7: // the client went away before usage was reported; it pays for what it asked for
		if c.settle(ctx, u, h, hold) != nil {
			return Broken
		}
		return Disconnected
	}
	actual, err := rate.Cost(price.Usage{Input: s.input - s.cached, CacheRead: s.cached, Output: s.output, Requests: 1})
	if err != nil {
		actual = hold
	}
	answer := Response{Input: s.input, Output: s.output, Took: took}
	if s.output > 0 {
		answer.FirstToken = 40 * time.Millisecond
	}
	c.Gateway.Count(Labels{
		Route: u.Route, Cluster: "outbound|443||llm-" + provider(model) + ".internal.dns", Model: model, Consumer: string(u.Path),
	}, answer)
	if c.settle(ctx, u, h, actual) != nil {
		return Broken
	}
	return Answered
}

// settle tries until it is known what was charged. A hold that is gone before its
// deadline was lost by Redis and is recorded, as the ledger asks; later it was
// charged.
func (c *Caller) settle(ctx context.Context, u User, h held, actual money.Amount) error {
	ctx, cancel := context.WithTimeout(ctx, settleFor)
	defer cancel()
	for {
		_, err := c.Ledger.Settle(ctx, h.id, u.Path, actual)
		if errors.Is(err, ledger.ErrGone) && actual > 0 {
			if !c.Now().Before(h.deadline) {
				return nil
			}
			err = c.Ledger.Record(ctx, h.id, u.Path, actual)
		}
		if err == nil || errors.Is(err, ledger.ErrGone) || errors.Is(err, ledger.ErrMismatch) || errors.Is(err, ledger.ErrBad) {
			return err
		}
		if wait := c.Sleep(ctx, 500*time.Millisecond); wait != nil {
			return err
		}
	}
}

// draw makes up a request: mostly short ones, sometimes a long one.
func (c *Caller) draw(rate price.Rate, worth money.Amount) shape {
	s := shape{
		input:     150 + c.Rand.Int64N(1500),
		maxOutput: 1024,
		output:    20 + c.Rand.Int64N(600),
	}
	if c.Rand.IntN(10) == 0 {
		s.input *= 20
	}
	if worth > 0 {
		s.input = tokensWorth(rate, worth)
	}
	if c.Rand.IntN(3) == 0 {
		s.cached = s.input / 2
	}
	if rate.Mode() == price.Embedding || rate.Mode() == price.Rerank {
		s.maxOutput, s.output, s.cached = 0, 0, 0
	}
	return s
}
