package importer

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/money"
)

var (
	errTooHigh = errors.New("is implausibly high")
	errTooLow  = errors.New("is implausibly low")
)

// longest bounds the text of a number, and largest its exponent: numbers are
// computed exactly, so their size must be bounded first.
const (
	longest = 64
	largest = 64
)

// nano converts a decimal text to nano-USD, times 10^shift, exactly. Digits
// beyond the ninth decimal are rounded up, so that a price is never too low.
func nano(text string, shift int) (amount money.Amount, rounded bool, err error) {
	if len(text) > longest {
		return 0, false, fmt.Errorf("has %d characters", len(text))
	}
	mantissa, exponent, err := scan(text)
	if err != nil {
		return 0, false, err
	}
	if mantissa.Sign() == 0 {
		return 0, false, nil
	}
	exponent += shift + 9
	ten := big.NewInt(10)
	switch {
	case exponent > largest:
		return 0, false, errTooHigh
	case exponent < -2*largest:
		return 0, false, errTooLow
	case exponent >= 0:
		mantissa.Mul(mantissa, ten.Exp(ten, big.NewInt(int64(exponent)), nil))
	default:
		rest := new(big.Int)
		mantissa.QuoRem(mantissa, ten.Exp(ten, big.NewInt(int64(-exponent)), nil), rest)
		if rest.Sign() > 0 {
			mantissa.Add(mantissa, big.NewInt(1))
			rounded = true
		}
	}
	if !mantissa.IsInt64() {
		return 0, false, errTooHigh
	}
	return money.Amount(mantissa.Int64()), rounded, nil
}

// scan splits a decimal such as "1.5e-07" into a whole number and a power of
// ten.
func scan(text string) (*big.Int, int, error) {
	s, exponent := text, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		n, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
		if err != nil || strings.HasPrefix(s[i+1:], "+-") {
			return nil, 0, errors.New("is not a number")
		}
		if n > 1000 {
			return nil, 0, errTooHigh
		}
		exponent, s = max(n, -1000), s[:i]
	}
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		if strings.Trim(rest, "0.") == "" && rest != "" {
			s = rest // minus zero
		} else {
			return nil, 0, errors.New("is negative, or not a number")
		}
	}
	whole, frac, point := strings.Cut(s, ".")
	digits := whole + frac
	if whole == "" || (point && frac == "") || strings.Trim(digits, "0123456789") != "" {
		return nil, 0, errors.New("is not a number")
	}
	mantissa, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return nil, 0, errors.New("is not a number")
	}
	return mantissa, exponent - len(frac), nil
}

// FormatPrice writes an amount as a PriceTable's price, without needless zeros.
func FormatPrice(a money.Amount) v1alpha1.Price {
	s := a.String()
	s = strings.TrimRight(s, "0")
	return v1alpha1.Price(strings.TrimSuffix(s, "."))
}
