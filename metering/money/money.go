package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Amount is an amount of US dollars in nano-USD: 1_000_000_000 is one dollar.
type Amount int64

const (
	// Dollar is one US dollar.
	Dollar Amount = 1_000_000_000

	// MaxLimit is the largest limit of one budget window, $9,000,000. The
	// ledger's scripts compare in doubles, which are exact to 2^53 nano-USD
	// (about $9,007,199); limits stay below that.
	MaxLimit Amount = 9_000_000 * Dollar

	// MaxRequest is the largest amount one request may hold, settle or record.
	MaxRequest Amount = 9_000_000 * Dollar

	fractionDigits = 9
)

// Errors that Parse returns, wrapped with the text that was refused.
var (
	ErrSyntax = errors.New(`not a decimal amount of dollars such as "2000" or "0.15"`)
	ErrRange  = errors.New("amount is out of range")
)

// Parse reads a plain decimal number of dollars: digits, optionally a point and
// one to nine more digits. Signs, exponents, separators, spaces and leading or
// trailing points are refused with ErrSyntax, more than nine decimals too, and
// what does not fit an int64 of nano-USD with ErrRange. Parse never rounds.
func Parse(s string) (Amount, error) {
	whole, frac, point := strings.Cut(s, ".")
	if whole == "" || (point && frac == "") || len(frac) > fractionDigits {
		return 0, fmt.Errorf("parsing %q: %w", s, ErrSyntax)
	}
	if len(whole) > 1 && whole[0] == '0' {
		return 0, fmt.Errorf("parsing %q: %w", s, ErrSyntax)
	}
	var n int64
	digits := whole + frac + strings.Repeat("0", fractionDigits-len(frac))
	for i := range len(digits) {
		c := digits[i]
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("parsing %q: %w", s, ErrSyntax)
		}
		d := int64(c - '0')
		if n > (math.MaxInt64-d)/10 {
			return 0, fmt.Errorf("parsing %q: %w", s, ErrRange)
		}
		n = n*10 + d
	}
	return Amount(n), nil
}

// String returns the exact amount as a bare decimal with at least two and at
// most nine decimals: "312.44", "0.000000001", "-0.50". Parse reads it back
// when it is not negative.
func (a Amount) String() string {
	sign, u := "", uint64(a)
	if a < 0 {
		sign, u = "-", -u
	}
	return decimal(sign, u)
}

// decimal writes u nano-USD with two to nine decimals. Lists write tens of
// thousands, so it makes no garbage but its answer.
func decimal(sign string, u uint64) string {
	if u == 0 && sign == "" {
		return "0.00"
	}
	var buf [32]byte
	b := append(buf[:0], sign...)
	b = strconv.AppendUint(b, u/uint64(Dollar), 10)
	b = append(b, '.')
	frac := u % uint64(Dollar)
	digits := 0
	for unit := uint64(Dollar) / 10; digits < 2 || frac > 0; unit /= 10 {
		b = append(b, byte('0'+frac/unit))
		frac %= unit
		digits++
	}
	return string(b)
}
