package price

import (
	"math"
	"math/bits"

	"tollgate.dev/tollgate/metering/money"
)

// million is the number of tokens that a price is for.
const million = 1_000_000

// sum adds up tokens x price exactly, in 128 bits.
type sum struct {
	hi, lo uint64
	over   bool
}

// add adds tokens x price; neither may be negative.
func (s *sum) add(tokens, price int64) {
	hi, lo := bits.Mul64(uint64(tokens), uint64(price))
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	s.hi, carry = bits.Add64(s.hi, hi, carry)
	s.over = s.over || carry != 0
}

// amount is the sum divided by a million, rounded up, plus requests x
// perRequest.
func (s *sum) amount(requests, perRequest int64) (money.Amount, error) {
	if s.over || s.hi >= million {
		return 0, ErrOverflow
	}
	quotient, rest := bits.Div64(s.hi, s.lo, million)
	var more uint64
	if rest > 0 {
		more = 1
	}
	hi, fixed := bits.Mul64(uint64(requests), uint64(perRequest))
	total, carry := bits.Add64(quotient, more, 0)
	total, carry2 := bits.Add64(total, fixed, 0)
	if hi != 0 || carry != 0 || carry2 != 0 || total > math.MaxInt64 {
		return 0, ErrOverflow
	}
	return money.Amount(total), nil
}
