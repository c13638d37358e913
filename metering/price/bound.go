package price

import (
	"fmt"

	"tollgate.dev/tollgate/metering/money"
)

// MaxCost bounds the cost of one request from above, in nano-USD: no request
// with a context of at most inputTokens and an answer of at most outputTokens,
// of whatever priced kinds, costs more. It is what a guard holds before it lets
// the request go. Input that turns out to be a cache write, and the tier of a
// shorter context where that one is dearer, are counted in.
//
// Negative counts give ErrUsage, an amount that does not fit ErrOverflow.
func (r Rate) MaxCost(inputTokens, outputTokens int64) (money.Amount, error) {
	return r.bound(inputTokens, outputTokens,
		[]Kind{Input, CacheRead, CacheWrite, AudioInput, ImageInput}, []Kind{Output, Reasoning, AudioOutput, ImageOutput})
}

// MaxTextCost is MaxCost for a request that is known to carry text only and to
// ask for text only. Audio is often ten times as dear, so this holds less.
func (r Rate) MaxTextCost(inputTokens, outputTokens int64) (money.Amount, error) {
	return r.bound(inputTokens, outputTokens, []Kind{Input, CacheRead, CacheWrite}, []Kind{Output, Reasoning})
}

func (r Rate) bound(input, output int64, in, out []Kind) (money.Amount, error) {
	if r.c == nil {
		return 0, &UnpricedError{Reason: NotListed, Detail: "no rate was looked up for it"}
	}
	if input < 0 || output < 0 {
		return 0, fmt.Errorf("%w: a bound of %d input and %d output tokens", ErrUsage, input, output)
	}
	var highest money.Amount
	for i := range r.c.steps {
		s := &r.c.steps[i]
		if i > 0 && input <= s.above {
			break
		}
		longest := input
		if i+1 < len(r.c.steps) {
			longest = min(input, r.c.steps[i+1].above)
		}
		var total sum
		total.add(longest, s.highest(in))
		total.add(output, s.highest(out))
		amount, err := total.amount(1, r.c.perRequest)
		if err != nil {
			return 0, err
		}
		highest = max(highest, amount)
	}
	return highest, nil
}

// highest is the dearest price among kinds; a kind without one counts as 0,
// for a request that reports it has no cost at all but an UnpricedError.
func (s *step) highest(of []Kind) int64 {
	var top int64
	for _, k := range of {
		top = max(top, s.rate[k])
	}
	return top
}
