package price_test

import (
	"fmt"
	"testing"

	"tollgate.dev/tollgate/metering/price"
)

// large is a table of the size that a public list gives.
func large() *price.Table {
	entries := make([]price.Entry, 0, 3000)
	for i := range 3000 {
		e := chat(fmt.Sprintf("provider-%d", i%30), fmt.Sprintf("model-%d", i), "3", "15")
		e.Tiers = []price.Tier{{Above: 200_000, Rates: price.Rates{price.Input: usd("6")}}}
		entries = append(entries, e)
	}
	return price.NewTable(entries)
}

func lookupAndCost(tb testing.TB, table *price.Table) {
	r, err := table.Lookup("provider-7", "model-7", day(1))
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := r.Cost(price.Usage{Input: 1234, Output: 567, CacheRead: 250_000, Requests: 1}); err != nil {
		tb.Fatal(err)
	}
	if _, err := r.MaxCost(10_000, 4096); err != nil {
		tb.Fatal(err)
	}
}

func TestPricingAllocatesNothing(t *testing.T) {
	table := large()
	if n := testing.AllocsPerRun(100, func() { lookupAndCost(t, table) }); n != 0 {
		t.Fatalf("%v allocations for each request, want none", n)
	}
}

func BenchmarkLookupCostAndBound(b *testing.B) {
	table := large()
	b.ReportAllocs()
	for b.Loop() {
		lookupAndCost(b, table)
	}
}

func BenchmarkNewTable(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		large()
	}
}
