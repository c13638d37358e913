package price_test

import (
	"testing"

	"pgregory.net/rapid"

	"tollgate.dev/tollgate/metering/price"
)

func TestSamePrice(t *testing.T) {
	with := func(change func(*price.Entry)) price.Entry {
		e := chat("openai", "gpt", "1", "2")
		e.Tiers = []price.Tier{{Above: 10, Rates: price.Rates{price.Input: usd("3")}}}
		change(&e)
		return e
	}
	tests := []struct {
		name   string
		change func(*price.Entry)
		same   bool
	}{
		{name: "itself", change: func(*price.Entry) {}, same: true},
		{name: "other names and date", change: func(e *price.Entry) { e.Provider, e.Model, e.From = "x", "y", day(3) }, same: true},
		{name: "mode written out", change: func(e *price.Entry) { e.Mode = price.Chat }, same: true},
		{name: "a tier that changes nothing", change: func(e *price.Entry) {
			e.Tiers = append(e.Tiers, price.Tier{Above: 20, Rates: price.Rates{price.Input: usd("3")}})
		}, same: true},
		{name: "reasoning written out", change: func(e *price.Entry) { e.Rates[price.Reasoning] = usd("2") }, same: true},
		{name: "cache read written out, but not in the tier", change: func(e *price.Entry) { e.Rates[price.CacheRead] = usd("1") }},
		{name: "no price per request, and one of 0", change: func(e *price.Entry) { e.PerRequest = ptr(0) }, same: true},
		{name: "price", change: func(e *price.Entry) { e.Rates[price.Output]++ }},
		{name: "audio", change: func(e *price.Entry) { e.Rates[price.AudioInput] = 0 }},
		{name: "mode", change: func(e *price.Entry) { e.Mode = price.Completion }},
		{name: "tier's edge", change: func(e *price.Entry) { e.Tiers[0].Above = 11 }},
		{name: "per request", change: func(e *price.Entry) { e.PerRequest = ptr(1) }},
		{name: "bad", change: func(e *price.Entry) { e.Bad = "because" }},
		{name: "incomplete", change: func(e *price.Entry) { delete(e.Rates, price.Output) }},
		{name: "only per request", change: func(e *price.Entry) { *e = price.Entry{Model: "gpt", PerRequest: ptr(0), PerRequestOnly: true} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := with(func(*price.Entry) {}), with(tt.change)
			if got := price.SamePrice(a, b); got != tt.same || price.SamePrice(b, a) != tt.same {
				t.Fatalf("the same: %v, want %v", got, tt.same)
			}
		})
	}
}

// TestSamePriceCostsTheSame: what is called the same costs the same.
func TestSamePriceCostsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawEntry(t)
		b := a
		b.Rates = price.Rates{}
		for k, v := range a.Rates {
			b.Rates[k] = v
		}
		if len(a.Tiers) == 0 {
			for kind, other := range map[price.Kind]price.Kind{price.CacheRead: price.Input, price.CacheWrite: price.Input, price.Reasoning: price.Output} {
				if _, ok := b.Rates[kind]; !ok {
					b.Rates[kind] = b.Rates[other]
				}
			}
		} else {
			b.Tiers = rapid.Permutation(a.Tiers).Draw(t, "order")
		}
		k := rapid.SampledFrom(price.Kinds()).Draw(t, "kind")
		changed := rapid.Bool().Draw(t, "changed")
		if changed {
			b.Rates[k] = drawPrice(t, "other price")
		}
		u := drawUsage(t, 40)
		if price.SamePrice(a, b) && cost(t, rate(t, a), u) != cost(t, rate(t, b), u) {
			t.Fatal("called the same, and one costs more")
		}
		if !changed && !price.SamePrice(a, b) {
			t.Fatal("written differently, and called different")
		}
	})
}
