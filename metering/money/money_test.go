package money_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tollgate.dev/tollgate/metering/money"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want money.Amount
		err  error
	}{
		{name: "zero", in: "0", want: 0},
		{name: "whole", in: "2000", want: 2000 * money.Dollar},
		{name: "cents", in: "0.15", want: 150_000_000},
		{name: "nine decimals", in: "1.000000001", want: money.Dollar + 1},
		{name: "one nano", in: "0.000000001", want: 1},
		{name: "trailing zeros", in: "0.100000000", want: 100_000_000},
		{name: "largest limit", in: "9000000", want: money.MaxLimit},
		{name: "largest", in: "9223372036.854775807", want: math.MaxInt64},
		{name: "one more than the largest", in: "9223372036.854775808", err: money.ErrRange},
		{name: "far too large", in: strings.Repeat("9", 400), err: money.ErrRange},
		{name: "ten decimals", in: "0.0000000001", err: money.ErrSyntax},
		{name: "ten decimals, the last a zero", in: "0.1000000000", err: money.ErrSyntax},
		{name: "empty", in: "", err: money.ErrSyntax},
		{name: "point only", in: ".", err: money.ErrSyntax},
		{name: "no whole part", in: ".5", err: money.ErrSyntax},
		{name: "no decimals", in: "5.", err: money.ErrSyntax},
		{name: "two points", in: "1.2.3", err: money.ErrSyntax},
		{name: "minus", in: "-1", err: money.ErrSyntax},
		{name: "plus", in: "+1", err: money.ErrSyntax},
		{name: "exponent", in: "1e3", err: money.ErrSyntax},
		{name: "comma", in: "1,000", err: money.ErrSyntax},
		{name: "space", in: " 1", err: money.ErrSyntax},
		{name: "currency", in: "$1", err: money.ErrSyntax},
		{name: "leading zero", in: "01", err: money.ErrSyntax},
		{name: "hexadecimal", in: "0x10", err: money.ErrSyntax},
		{name: "other digits", in: "١", err: money.ErrSyntax},
		{name: "not a number", in: "NaN", err: money.ErrSyntax},
		{name: "infinite", in: "Inf", err: money.ErrSyntax},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := money.Parse(tt.in)
			if !errors.Is(err, tt.err) || got != tt.want {
				t.Fatalf("Parse(%q) = %d, %v; want %d, %v", tt.in, got, err, tt.want, tt.err)
			}
		})
	}
}

func TestString(t *testing.T) {
	tests := []struct {
		name                    string
		in                      money.Amount
		exact, short, shortDown string
	}{
		{name: "zero", in: 0, exact: "0.00", short: "0.00", shortDown: "0.00"},
		{name: "one nano", in: 1, exact: "0.000000001", short: "0.000000001", shortDown: "0.000000001"},
		{name: "twelve nanos", in: 12, exact: "0.000000012", short: "0.000000012", shortDown: "0.000000012"},
		{name: "below a cent", in: 1_234_567, exact: "0.001234567", short: "0.0013", shortDown: "0.0012"},
		{name: "one digit below a cent", in: 4_000_000, exact: "0.004", short: "0.004", shortDown: "0.004"},
		{name: "just below a cent", in: 9_999_999, exact: "0.009999999", short: "0.01", shortDown: "0.0099"},
		{name: "a cent", in: 10_000_000, exact: "0.01", short: "0.01", shortDown: "0.01"},
		{name: "just above a cent", in: 10_000_001, exact: "0.010000001", short: "0.02", shortDown: "0.01"},
		{name: "cents", in: 312_440_000_000, exact: "312.44", short: "312.44", shortDown: "312.44"},
		{name: "cents and a nano", in: 312_440_000_001, exact: "312.440000001", short: "312.45", shortDown: "312.44"},
		{name: "up to the next dollar", in: 1_999_000_000, exact: "1.999", short: "2.00", shortDown: "1.99"},
		{name: "dollars", in: 2000 * money.Dollar, exact: "2000.00", short: "2000.00", shortDown: "2000.00"},
		{name: "negative", in: -500_000_000, exact: "-0.50", short: "-0.50", shortDown: "-0.50"},
		{name: "overspent by little", in: -1_234_567, exact: "-0.001234567", short: "-0.0012", shortDown: "-0.0013"},
		{name: "largest", in: math.MaxInt64, exact: "9223372036.854775807", short: "9223372036.86", shortDown: "9223372036.85"},
		{name: "smallest", in: math.MinInt64, exact: "-9223372036.854775808", short: "-9223372036.85", shortDown: "-9223372036.86"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.in.String(); got != tt.exact {
				t.Errorf("String() = %q, want %q", got, tt.exact)
			}
			if got := tt.in.Short(); got != tt.short {
				t.Errorf("Short() = %q, want %q", got, tt.short)
			}
			if got := tt.in.ShortDown(); got != tt.shortDown {
				t.Errorf("ShortDown() = %q, want %q", got, tt.shortDown)
			}
		})
	}
}

// TestRoundtrip: what String writes, Parse reads back, and it is the number
// that exact rational arithmetic reads.
func TestRoundtrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount(rapid.Int64Range(0, math.MaxInt64).Draw(t, "amount"))
		back, err := money.Parse(a.String())
		if err != nil || back != a {
			t.Fatalf("Parse(%q) = %d, %v; want %d", a.String(), back, err, a)
		}
		if rat(t, a.String()).Cmp(big.NewRat(int64(a), int64(money.Dollar))) != 0 {
			t.Fatalf("%d nano-USD is written as %s", a, a)
		}
	})
}

// TestShort: rounded up it is never less and by less than a cent more, rounded
// down never more, and nothing that is there shows as nothing.
func TestShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-100_000_000, 100_000_000)).Draw(t, "amount"))
		exact := big.NewRat(int64(a), int64(money.Dollar))
		up, down := rat(t, a.Short()), rat(t, a.ShortDown())
		if up.Cmp(exact) < 0 || down.Cmp(exact) > 0 {
			t.Fatalf("%s is shown as %s and %s", a, a.Short(), a.ShortDown())
		}
		if new(big.Rat).Sub(up, down).Cmp(big.NewRat(1, 100)) > 0 {
			t.Fatalf("%s is shown as %s and %s: more than a cent apart", a, a.Short(), a.ShortDown())
		}
		if a != 0 && (up.Sign() == 0 || down.Sign() == 0) {
			t.Fatalf("%s is shown as %s and %s", a, a.Short(), a.ShortDown())
		}
		limit := money.Amount(rapid.Int64Range(0, 900_000_000).Draw(t, "limit in cents")) * 10_000_000
		if spent := a; spent > limit/100 && spent < limit-limit/100 {
			sum := new(big.Rat).Add(rat(t, spent.Short()), rat(t, (limit-spent).ShortDown()))
			if spent >= 10_000_000 && limit-spent >= 10_000_000 && sum.Cmp(rat(t, limit.String())) != 0 {
				t.Fatalf("spent %s and remaining %s do not add up to %s", spent.Short(), (limit - spent).ShortDown(), limit)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"0", "2000", "0.15", "1.000000001", "9223372036.854775808", "-1", "1e9", "01", ".", "0.1234567891"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := money.Parse(s)
		if err != nil {
			if a != 0 || (!errors.Is(err, money.ErrSyntax) && !errors.Is(err, money.ErrRange)) {
				t.Fatalf("Parse(%q) = %d, %v", s, a, err)
			}
			return
		}
		if a < 0 || rat(t, s).Cmp(big.NewRat(int64(a), int64(money.Dollar))) != 0 {
			t.Fatalf("Parse(%q) = %d", s, a)
		}
	})
}

func rat(t interface{ Fatalf(string, ...any) }, s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%q is not a number", s)
	}
	return r
}
