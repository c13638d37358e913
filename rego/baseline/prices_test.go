package baseline_test

import (
	"testing"

	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/rego/baseline"
)

// What admission refuses as a price in the wrong unit is what metering takes for
// unpriced, and what an import leaves out: an import that is let through is whole.
func TestPricesHaveTheSameBoundsEverywhere(t *testing.T) {
	t.Parallel()
	policies, err := baseline.Policies()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range policies {
		if p.ID != "pricetable-units" {
			continue
		}
		for name, want := range map[string]money.Amount{"smallest": price.LowestToken, "largest": price.HighestToken, "largestPerRequest": price.HighestRequest} {
			text, _ := p.Parameters[name].(string)
			if got, err := money.Parse(text); err != nil || got != want {
				t.Errorf("%s is %q (%v), and elsewhere %s", name, text, err, want)
			}
		}
		return
	}
	t.Fatal("there is no policy pricetable-units")
}
