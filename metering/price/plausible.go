package price

import (
	"fmt"

	"tollgate.dev/tollgate/metering/money"
)

// The bounds of a plausible price. The dearest models of public lists cost
// some hundred dollars per million tokens and the cheapest some tenths of a
// cent; a price outside these bounds is one in the wrong unit, off by the
// million between a token and a million of them. 0 is a price.
const (
	// HighestToken is $10,000 per million tokens.
	HighestToken = 10_000 * money.Dollar
	// LowestToken is $0.0001 per million tokens; less is 0 or a mistake.
	LowestToken = money.Dollar / 10_000
	// HighestRequest is $1,000 per request.
	HighestRequest = 1_000 * money.Dollar
)

// implausible says why a price of a Bounded entry can hardly be meant, for a
// person, or "".
func (e *Entry) implausible() string {
	if !e.Bounded {
		return ""
	}
	if e.PerRequest != nil && *e.PerRequest > HighestRequest {
		return fmt.Sprintf("its perRequest price %s is more than %s for one request", e.PerRequest, HighestRequest)
	}
	for _, r := range append([]Tier{{Rates: e.Rates}}, e.Tiers...) {
		where := ""
		if r.Above > 0 {
			where = fmt.Sprintf(" above %d tokens", r.Above)
		}
		for _, k := range Kinds() {
			v := r.Rates[k]
			switch {
			case v > HighestToken:
				return fmt.Sprintf("its %s price%s %s is more than %s per million tokens", k, where, v, HighestToken)
			case v > 0 && v < LowestToken:
				return fmt.Sprintf("its %s price%s %s is less than %s per million tokens, as if it were the price of one token", k, where, v, LowestToken)
			}
		}
	}
	return ""
}
