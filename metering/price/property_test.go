package price_test

import (
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
)

// rate looks the drawn entry up.
func rate(t *rapid.T, e price.Entry) price.Rate {
	r, err := price.NewTable([]price.Entry{e}).Lookup(e.Provider, e.Model, day(1))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func cost(t *rapid.T, r price.Rate, u price.Usage) money.Amount {
	c, err := r.Cost(u)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCostIsExact: the cost is the exact sum, rounded up to the next nano-USD,
// and by less than one.
func TestCostIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEntry(t)
		u := drawUsage(t, rapid.SampledFrom([]int64{0, 3, 20, 200_000}).Draw(t, "scale"))
		got := new(big.Rat).SetInt64(int64(cost(t, rate(t, e), u)))
		over := new(big.Rat).Sub(got, exact(e, u))
		if over.Sign() < 0 || over.Cmp(big.NewRat(1, 1)) >= 0 {
			t.Fatalf("cost %s, exactly %s", got.FloatString(9), exact(e, u).FloatString(9))
		}
	})
}

// TestCostGrowsWithTokens: one more token of any kind costs no less, as long
// as no tier is cheaper than the one below.
func TestCostGrowsWithTokens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEntry(t)
		slices.SortFunc(e.Tiers, func(a, b price.Tier) int { return int(a.Above - b.Above) })
		highest := price.Rates{}
		r := rate(t, e)
		for _, k := range price.Kinds() {
			highest[k], _ = r.Price(k, 0)
		}
		for _, tier := range e.Tiers {
			for _, k := range price.Kinds() {
				highest[k] = max(highest[k], tier.Rates[k])
				tier.Rates[k] = highest[k]
			}
		}
		r = rate(t, e)
		u := drawUsage(t, 30)
		more := u
		field := rapid.SampledFrom([]*int64{
			&more.Input, &more.Output, &more.CacheRead, &more.CacheWrite, &more.Reasoning,
			&more.AudioInput, &more.AudioOutput, &more.ImageInput, &more.ImageOutput,
		}).Draw(t, "field")
		*field += rapid.Int64Range(1, 40).Draw(t, "more")
		if a, b := cost(t, r, u), cost(t, r, more); b < a {
			t.Fatalf("%+v costs %s, and %+v only %s", u, a, more, b)
		}
	})
}

// TestSplittingIsNeverCheaper: without tiers, a request cut in two costs no
// less than the request, and at most one nano-USD more beside the second
// request's own price.
func TestSplittingIsNeverCheaper(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEntry(t)
		e.Tiers = nil
		r := rate(t, e)
		a, b := drawUsage(t, 1000), drawUsage(t, 1000)
		both := price.Usage{
			Input: a.Input + b.Input, Output: a.Output + b.Output, CacheRead: a.CacheRead + b.CacheRead,
			CacheWrite: a.CacheWrite + b.CacheWrite, Reasoning: a.Reasoning + b.Reasoning,
			AudioInput: a.AudioInput + b.AudioInput, AudioOutput: a.AudioOutput + b.AudioOutput,
			ImageInput: a.ImageInput + b.ImageInput, ImageOutput: a.ImageOutput + b.ImageOutput, Requests: 1,
		}
		whole, parts := cost(t, r, both), cost(t, r, a)+cost(t, r, b)
		if parts < whole || parts > whole+r.PerRequest()+1 {
			t.Fatalf("whole %s, in two parts %s", whole, parts)
		}
	})
}

// TestMaxCostBounds: no request within the bound costs more, in whatever kinds
// its tokens are and whatever tier its context falls into.
func TestMaxCostBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rate(t, drawEntry(t))
		u := drawUsage(t, 20)
		context, err := u.Context()
		if err != nil {
			t.Fatal(err)
		}
		in := context + rapid.Int64Range(0, 60).Draw(t, "unused input")
		out := u.Output + u.Reasoning + u.AudioOutput + u.ImageOutput + rapid.Int64Range(0, 20).Draw(t, "unused output")
		bound, err := r.MaxCost(in, out)
		if err != nil {
			t.Fatal(err)
		}
		if c := cost(t, r, u); c > bound {
			t.Fatalf("%+v costs %s, above the bound %s of %d and %d tokens", u, c, bound, in, out)
		}
		text := price.Usage{Input: u.Input, CacheRead: u.CacheRead, CacheWrite: u.CacheWrite, Output: u.Output, Reasoning: u.Reasoning, Requests: 1}
		textBound, err := r.MaxTextCost(in, out)
		if err != nil {
			t.Fatal(err)
		}
		if c := cost(t, r, text); c > textBound || textBound > bound {
			t.Fatalf("%+v costs %s, its bound is %s, that of every kind %s", text, c, textBound, bound)
		}
		if larger, err := r.MaxCost(in+1, out+1); err != nil || larger < bound {
			t.Fatalf("a larger request has a smaller bound: %s, %s, %v", bound, larger, err)
		}
	})
}

// TestHugeCountsNeverWrap: an amount is right or an error.
func TestHugeCountsNeverWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEntry(t)
		e.Tiers = nil
		most := rapid.SampledFrom([]int64{1 << 62, 1 << 50, 1 << 40}).Draw(t, "scale")
		u := drawUsage(t, most/5)
		u.Requests = rapid.Int64Range(0, most/100_000_000_000).Draw(t, "requests")
		want := exact(e, u)
		got, err := rate(t, e).Cost(u)
		if err != nil {
			if !errors.Is(err, price.ErrOverflow) || want.Cmp(new(big.Rat).SetInt64(1<<63-1)) <= 0 {
				t.Fatalf("%v, though it costs %s", err, want.FloatString(2))
			}
			return
		}
		over := new(big.Rat).Sub(new(big.Rat).SetInt64(int64(got)), want)
		if over.Sign() < 0 || over.Cmp(big.NewRat(1, 1)) >= 0 {
			t.Fatalf("cost %d, exactly %s", got, want.FloatString(2))
		}
	})
}

// TestOrderDoesNotMatter: the same entries in any order, with their instants
// in any zone and their tiers in any order, are the same table.
func TestOrderDoesNotMatter(t *testing.T) {
	zone := time.FixedZone("elsewhere", 5*3600+1800)
	rapid.Check(t, func(t *rapid.T) {
		var entries []price.Entry
		for range rapid.IntRange(0, 6).Draw(t, "entries") {
			e := drawEntry(t)
			e.Provider = rapid.SampledFrom([]string{"", "p", "q"}).Draw(t, "provider")
			e.Model = rapid.SampledFrom([]string{"m", "n"}).Draw(t, "model")
			e.From = day(rapid.IntRange(1, 4).Draw(t, "day"))
			entries = append(entries, e)
		}
		shuffled := rapid.Permutation(entries).Draw(t, "order")
		for i := range shuffled {
			shuffled[i].From = shuffled[i].From.In(zone)
			shuffled[i].Tiers = rapid.Permutation(shuffled[i].Tiers).Draw(t, "order of tiers")
		}
		a, b := price.NewTable(entries), price.NewTable(shuffled)
		if a.Digest() != b.Digest() {
			t.Fatal("the digest depends on the order")
		}
		u := drawUsage(t, 30)
		for _, provider := range []string{"", "p", "q", "r"} {
			for _, model := range []string{"m", "n"} {
				at := day(rapid.IntRange(1, 5).Draw(t, "at"))
				x, errX := a.Lookup(provider, model, at)
				y, errY := b.Lookup(provider, model, at)
				if (errX == nil) != (errY == nil) || (errX != nil && errX.Error() != errY.Error()) {
					t.Fatalf("%v or %v", errX, errY)
				}
				if errX == nil && cost(t, x, u) != cost(t, y, u) {
					t.Fatalf("%s or %s", cost(t, x, u), cost(t, y, u))
				}
			}
		}
	})
}

// TestChangesCutAtEverySwitch: between two neighbouring changes Lookup gives
// one and the same answer, at a change it gives another.
func TestChangesCutAtEverySwitch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var entries []price.Entry
		for range rapid.IntRange(0, 6).Draw(t, "entries") {
			e := chat(rapid.SampledFrom([]string{"", "p", "q"}).Draw(t, "provider"), "m", "1", "2")
			e.From = day(rapid.IntRange(1, 9).Draw(t, "day"))
			entries = append(entries, e)
		}
		table := price.NewTable(entries)
		provider := rapid.SampledFrom([]string{"", "p", "q", "r"}).Draw(t, "asked provider")
		type answer struct {
			rate   price.Rate
			reason price.Reason
			detail string // of an entry that is in force and prices nothing
		}
		ask := func(d int) answer {
			r, err := table.Lookup(provider, "m", day(d))
			var unpriced *price.UnpricedError
			if errors.As(err, &unpriced) {
				a := answer{reason: unpriced.Reason}
				if a.reason == price.PricedTwice {
					a.detail = unpriced.Detail
				}
				return a
			}
			return answer{rate: r}
		}
		var want []time.Time
		for d := 3; d < 8; d++ {
			if ask(d) != ask(d-1) {
				want = append(want, day(d))
			}
		}
		if got := table.Changes(provider, "m", day(2), day(8)); !slices.Equal(got, want) {
			t.Fatalf("changes %v, want %v", got, want)
		}
	})
}
