package balance

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"tollgate.dev/tollgate/metering/money"
)

func amounts() *rapid.Generator[money.Amount] {
	return rapid.Custom(func(t *rapid.T) money.Amount {
		if rapid.Bool().Draw(t, "any") {
			return money.Amount(rapid.Int64Range(0, math.MaxInt64).Draw(t, "amount"))
		}
		return money.Amount(rapid.Int64Range(0, int64(money.MaxLimit)).Draw(t, "limit"))
	})
}

func TestPercentIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		used, limit := amounts().Draw(t, "used"), amounts().Draw(t, "limit")
		if limit == 0 {
			if got := percent(used, limit); got != "100.0" {
				t.Fatalf("a limit of 0 is used by %s", got)
			}
			return
		}
		tenths := new(big.Int).Mul(big.NewInt(int64(used)), big.NewInt(1000))
		tenths.Quo(tenths, big.NewInt(int64(limit)))
		if !tenths.IsInt64() {
			tenths.SetInt64(math.MaxInt64)
		}
		whole, rest := new(big.Int).QuoRem(tenths, big.NewInt(10), new(big.Int))
		if want, got := whole.String()+"."+rest.String(), percent(used, limit); got != want {
			t.Fatalf("%d of %d: %s%%, want %s%%", used, limit, got, want)
		}
	})
}

func TestReachedIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		used, limit := amounts().Draw(t, "used"), amounts().Draw(t, "limit")
		threshold := rapid.Int32Range(1, 100).Draw(t, "threshold")
		if rapid.Bool().Draw(t, "close") {
			used = money.Amount(int64(limit)/100*int64(threshold) + rapid.Int64Range(-100, 100).Draw(t, "off"))
		}
		left := new(big.Int).Mul(big.NewInt(max(0, int64(used))), big.NewInt(100))
		right := new(big.Int).Mul(big.NewInt(int64(limit)), big.NewInt(int64(threshold)))
		if want, got := left.Cmp(right) >= 0, reached(used, limit, threshold); got != want {
			t.Fatalf("%d reaches %d%% of %d: %v, want %v", used, threshold, limit, got, want)
		}
	})
}

func TestTotalDoesNotOverflow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := amounts().Draw(t, "spent"), amounts().Draw(t, "held")
		want := new(big.Int).Add(big.NewInt(int64(a)), big.NewInt(int64(b)))
		if !want.IsInt64() {
			want.SetInt64(math.MaxInt64)
		}
		if got := total(a, b); int64(got) != want.Int64() {
			t.Fatalf("%d and %d are %d, want %s", a, b, got, want)
		}
	})
}
