package price_test

import (
	"math/big"
	"time"

	"pgregory.net/rapid"

	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
)

// usd reads a price that a test wrote.
func usd(s string) money.Amount {
	a, err := money.Parse(s)
	if err != nil {
		panic(err)
	}
	return a
}

func ptr(a money.Amount) *money.Amount { return &a }

func day(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }

// chat is a model with input and output prices.
func chat(provider, model, input, output string) price.Entry {
	return price.Entry{Provider: provider, Model: model, Rates: price.Rates{price.Input: usd(input), price.Output: usd(output)}}
}

func counts(u price.Usage) map[price.Kind]int64 {
	return map[price.Kind]int64{
		price.Input: u.Input, price.Output: u.Output, price.CacheRead: u.CacheRead, price.CacheWrite: u.CacheWrite,
		price.Reasoning: u.Reasoning, price.AudioInput: u.AudioInput, price.AudioOutput: u.AudioOutput,
		price.ImageInput: u.ImageInput, price.ImageOutput: u.ImageOutput,
	}
}

// exact is the cost of a usage in nano-USD as a rational: the oracle. It knows
// the rules, and nothing of how the package keeps them.
func exact(e price.Entry, u price.Usage) *big.Rat {
	context := u.Input + u.CacheRead + u.CacheWrite + u.AudioInput + u.ImageInput
	rates := price.Rates{}
	for k, v := range e.Rates {
		rates[k] = v
	}
	for above := int64(1); above <= maxTier; above++ {
		for _, t := range e.Tiers {
			if t.Above == above && context > above {
				for k, v := range t.Rates {
					rates[k] = v
				}
			}
		}
	}
	for kind, other := range map[price.Kind]price.Kind{price.CacheRead: price.Input, price.CacheWrite: price.Input, price.Reasoning: price.Output} {
		if _, ok := rates[kind]; !ok {
			rates[kind] = rates[other]
		}
	}
	total := new(big.Rat)
	for k, n := range counts(u) {
		total.Add(total, new(big.Rat).Mul(new(big.Rat).SetInt64(n), big.NewRat(int64(rates[k]), 1_000_000)))
	}
	if e.PerRequest != nil {
		requests := new(big.Rat).SetInt64(max(u.Requests, 1))
		total.Add(total, requests.Mul(requests, new(big.Rat).SetInt64(int64(*e.PerRequest))))
	}
	return total
}

// maxTier is the longest context that begins a generated tier.
const maxTier = 50

// drawPrice mixes small, odd, usual and absurd prices.
func drawPrice(t *rapid.T, name string) money.Amount {
	return money.Amount(rapid.OneOf(
		rapid.Int64Range(0, 3), rapid.Int64Range(0, 2_000_000), rapid.Int64Range(0, int64(100*money.Dollar)),
		rapid.Just(int64(price.MaxPrice)),
	).Draw(t, name))
}

// drawEntry is a priced entry for a text model with all kinds priced or
// falling back, with tiers in any order.
func drawEntry(t *rapid.T) price.Entry {
	e := price.Entry{Provider: "p", Model: "m", Rates: price.Rates{}}
	for _, k := range price.Kinds() {
		optional := k == price.CacheRead || k == price.CacheWrite || k == price.Reasoning
		if !optional || rapid.Bool().Draw(t, "has "+k.String()) {
			e.Rates[k] = drawPrice(t, k.String())
		}
	}
	if rapid.Bool().Draw(t, "has perRequest") {
		e.PerRequest = ptr(drawPrice(t, "perRequest"))
	}
	for _, above := range rapid.SliceOfNDistinct(rapid.Int64Range(1, maxTier), 0, 4, rapid.ID[int64]).Draw(t, "tiers") {
		tier := price.Tier{Above: above, Rates: price.Rates{}}
		for _, k := range price.Kinds() {
			if rapid.Bool().Draw(t, "tier has "+k.String()) {
				tier.Rates[k] = drawPrice(t, "tier "+k.String())
			}
		}
		e.Tiers = append(e.Tiers, tier)
	}
	return e
}

func drawUsage(t *rapid.T, most int64) price.Usage {
	n := func(name string) int64 { return rapid.Int64Range(0, most).Draw(t, name) }
	return price.Usage{
		Input: n("input"), Output: n("output"), CacheRead: n("cacheRead"), CacheWrite: n("cacheWrite"), Reasoning: n("reasoning"),
		AudioInput: n("audioInput"), AudioOutput: n("audioOutput"), ImageInput: n("imageInput"), ImageOutput: n("imageOutput"),
		Requests: 1,
	}
}
