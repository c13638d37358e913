package balance

import (
	"math"
	"math/bits"
	"strconv"

	"tollgate.dev/tollgate/metering/money"
)

// percent returns used as a percentage of the limit with one decimal, rounded
// down, so that "100.0" means that nothing is left. A limit of zero is used up.
func percent(used, limit money.Amount) string {
	if limit <= 0 {
		return "100.0"
	}
	tenths := perMille(used, limit)
	b := strconv.AppendInt(make([]byte, 0, 8), tenths/10, 10)
	b = append(b, '.', byte('0'+tenths%10))
	return string(b)
}

// perMille returns 1000*used/limit rounded down, at most the largest int64.
func perMille(used, limit money.Amount) int64 {
	hi, lo := bits.Mul64(uint64(max(used, 0)), 1000)
	if hi < uint64(limit) {
		if q, _ := bits.Div64(hi, lo, uint64(limit)); q <= math.MaxInt64 {
			return int64(q)
		}
	}
	return math.MaxInt64
}

// reached tells whether used is at least percentage (1 to 100) of the limit.
func reached(used, limit money.Amount, percentage int32) bool {
	usedHi, usedLo := bits.Mul64(uint64(max(used, 0)), 100)
	limitHi, limitLo := bits.Mul64(uint64(max(limit, 0)), uint64(percentage))
	return usedHi > limitHi || usedHi == limitHi && usedLo >= limitLo
}

// total returns spent and held together; what passes an int64 counts as the
// largest. Neither is negative.
func total(spent, held money.Amount) money.Amount {
	if sum := spent + held; sum >= spent {
		return sum
	}
	return money.Amount(math.MaxInt64)
}
