package terms_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/metering/window"
)

func TestCompile(t *testing.T) {
	anchor := func(weekday v1alpha1.Weekday, day int32) *v1alpha1.Anchor {
		return &v1alpha1.Anchor{Weekday: weekday, DayOfMonth: day}
	}
	tests := []struct {
		name      string
		budget    *v1alpha1.Budget
		want      ledger.Terms
		wantField string
		wantError string
	}{
		{name: "no budget", want: ledger.Terms{Calendar: "Monthly/1@UTC"}},
		{
			name:   "only a limit",
			budget: &v1alpha1.Budget{Limit: "0.15"},
			want:   ledger.Terms{Limit: 150_000_000, Enforcement: ledger.Block, Calendar: "Monthly/1@UTC"},
		},
		{
			name:   "nothing may be spent",
			budget: &v1alpha1.Budget{Limit: "0", Period: v1alpha1.Total, TimeZone: "Europe/Berlin"},
			want:   ledger.Terms{Enforcement: ledger.Block, Calendar: "Total"},
		},
		{
			name:   "days",
			budget: &v1alpha1.Budget{Limit: "9000000", Period: v1alpha1.Daily, TimeZone: "Asia/Tokyo", Enforcement: v1alpha1.Alert},
			want:   ledger.Terms{Limit: money.MaxLimit, Enforcement: ledger.Alert, Calendar: "Daily@Asia/Tokyo"},
		},
		{
			name:   "weeks begin on Monday",
			budget: &v1alpha1.Budget{Limit: "1", Period: v1alpha1.Weekly, Enforcement: v1alpha1.Throttle},
			want:   ledger.Terms{Limit: money.Dollar, Enforcement: ledger.Throttle, Calendar: "Weekly/Monday@UTC"},
		},
		{
			name:   "or on another day",
			budget: &v1alpha1.Budget{Limit: "1", Period: v1alpha1.Weekly, Anchor: anchor("Sunday", 0)},
			want:   ledger.Terms{Limit: money.Dollar, Enforcement: ledger.Block, Calendar: "Weekly/Sunday@UTC"},
		},
		{
			name:   "months from the 31st",
			budget: &v1alpha1.Budget{Limit: "1", Anchor: anchor("", 31), TimeZone: "Europe/Berlin"},
			want:   ledger.Terms{Limit: money.Dollar, Enforcement: ledger.Block, Calendar: "Monthly/31@Europe/Berlin"},
		},
		{name: "no limit", budget: &v1alpha1.Budget{}, wantField: "limit", wantError: "not a decimal amount of dollars"},
		{name: "a negative limit", budget: &v1alpha1.Budget{Limit: "-1"}, wantField: "limit", wantError: "not a decimal amount of dollars"},
		{name: "too large a limit", budget: &v1alpha1.Budget{Limit: "9000000.000000001"}, wantField: "limit", wantError: "more than 9000000.00 dollars per window"},
		{name: "an unknown zone", budget: &v1alpha1.Budget{Limit: "1", TimeZone: "Europe/Bonn"}, wantField: "timeZone", wantError: "not an IANA time zone such as Europe/Berlin"},
		{name: "the host's zone", budget: &v1alpha1.Budget{Limit: "1", TimeZone: "Local"}, wantField: "timeZone", wantError: "not an IANA time zone"},
		{name: "an unknown period", budget: &v1alpha1.Budget{Limit: "1", Period: "Yearly"}, wantField: "period", wantError: "none of Daily, Weekly, Monthly, Total"},
		{name: "an unknown weekday", budget: &v1alpha1.Budget{Limit: "1", Period: v1alpha1.Weekly, Anchor: anchor("Someday", 0)}, wantField: "anchor.weekday", wantError: "no day of the week such as Monday"},
		{name: "a weekday in months", budget: &v1alpha1.Budget{Limit: "1", Anchor: anchor("Monday", 0)}, wantField: "anchor.weekday", wantError: "period: Weekly only"},
		{name: "a day in days", budget: &v1alpha1.Budget{Limit: "1", Period: v1alpha1.Daily, Anchor: anchor("", 1)}, wantField: "anchor.dayOfMonth", wantError: "period: Monthly only"},
		{name: "day 32", budget: &v1alpha1.Budget{Limit: "1", Anchor: anchor("", 32)}, wantField: "anchor.dayOfMonth", wantError: "not from 1 to 31"},
		{name: "a negative day", budget: &v1alpha1.Budget{Limit: "1", Anchor: anchor("", -1)}, wantField: "anchor.dayOfMonth", wantError: "not from 1 to 31"},
		{name: "an unknown enforcement", budget: &v1alpha1.Budget{Limit: "1", Enforcement: "Ask"}, wantField: "enforcement", wantError: "none of Block, Alert, Throttle"},
	}
	c := terms.NewCompiler()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.Compile(tt.budget)
			if tt.wantField != "" {
				var field *terms.FieldError
				if !errors.As(err, &field) || field.Field != tt.wantField || !strings.Contains(err.Error(), tt.wantError) {
					t.Fatalf("error %v, want one of the field %s with %q", err, tt.wantField, tt.wantError)
				}
				if diff := cmp.Diff(terms.Budget{}, got); diff != "" {
					t.Errorf("with an error comes a budget:\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Terms); diff != "" {
				t.Errorf("terms (-want +got):\n%s", diff)
			}
			if got.Window.ID() != got.Calendar {
				t.Errorf("the calendar is %s, the terms name %s", got.Window.ID(), got.Calendar)
			}
			again, err := c.Compile(tt.budget)
			if err != nil || again != got {
				t.Errorf("compiled again it is %v, %v", again, err)
			}
		})
	}
}

func limits() *rapid.Generator[v1alpha1.Limit] {
	return rapid.Map(rapid.Int64Range(0, int64(money.MaxLimit)), func(n int64) v1alpha1.Limit {
		return v1alpha1.Limit(money.Amount(n).String())
	})
}

// budgets draws valid budgets, and none.
func budgets() *rapid.Generator[*v1alpha1.Budget] {
	return rapid.Custom(func(t *rapid.T) *v1alpha1.Budget {
		if rapid.IntRange(0, 4).Draw(t, "none") == 0 {
			return nil
		}
		b := &v1alpha1.Budget{
			Limit:       limits().Draw(t, "limit"),
			Period:      rapid.SampledFrom([]v1alpha1.Period{"", v1alpha1.Daily, v1alpha1.Weekly, v1alpha1.Monthly, v1alpha1.Total}).Draw(t, "period"),
			TimeZone:    rapid.SampledFrom([]string{"", "UTC", "Europe/Berlin", "Pacific/Apia"}).Draw(t, "zone"),
			Enforcement: rapid.SampledFrom([]v1alpha1.Enforcement{"", v1alpha1.Block, v1alpha1.Alert, v1alpha1.Throttle}).Draw(t, "enforcement"),
		}
		switch {
		case b.Period == v1alpha1.Weekly && rapid.Bool().Draw(t, "weekday"):
			b.Anchor = &v1alpha1.Anchor{Weekday: "Thursday"}
		case (b.Period == "" || b.Period == v1alpha1.Monthly) && rapid.Bool().Draw(t, "day"):
			b.Anchor = &v1alpha1.Anchor{DayOfMonth: int32(rapid.IntRange(1, 31).Draw(t, "day of month"))}
		}
		return b
	})
}

// A compiled limit, written in dollars again, is the spec's, to the last digit.
func TestLimitsAreExact(t *testing.T) {
	c := terms.NewCompiler()
	rapid.Check(t, func(t *rapid.T) {
		l := limits().Draw(t, "limit")
		b, err := c.Compile(&v1alpha1.Budget{Limit: l})
		if err != nil || b.Limit.String() != string(l) {
			t.Fatalf("%s compiles to %s, %v", l, b.Limit, err)
		}
	})
}

func FuzzCompile(f *testing.F) {
	f.Add("2000", "Monthly", "Europe/Berlin", "", int32(15), "Block")
	f.Add("1e3", "Weekly", "Local", "Monday", int32(0), "")
	f.Add("9000000.000000001", "Total", "../../etc/passwd", "", int32(0), "Alert")
	f.Fuzz(func(t *testing.T, limit, period, zone, weekday string, day int32, enforcement string) {
		b, err := terms.NewCompiler().Compile(&v1alpha1.Budget{
			Limit: v1alpha1.Limit(limit), Period: v1alpha1.Period(period), TimeZone: zone, Enforcement: v1alpha1.Enforcement(enforcement),
			Anchor: &v1alpha1.Anchor{Weekday: v1alpha1.Weekday(weekday), DayOfMonth: day},
		})
		if err != nil {
			return
		}
		if b.Limit < 0 || b.Limit > money.MaxLimit || b.Enforcement == ledger.None {
			t.Errorf("%q compiles to %v", limit, b.Terms)
		}
		if _, err := window.ParseID(b.Calendar); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	c := terms.NewCompiler()
	budget := &v1alpha1.Budget{Limit: "2000", Period: v1alpha1.Monthly, TimeZone: "Europe/Berlin", Anchor: &v1alpha1.Anchor{DayOfMonth: 15}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Compile(budget); err != nil {
			b.Fatal(err)
		}
	}
}

func instant(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}
