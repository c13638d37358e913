package price_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/metering/price"
)

func TestLookup(t *testing.T) {
	from := func(e price.Entry, at time.Time) price.Entry { e.From = at; return e }
	bad := func(e price.Entry, why string) price.Entry { e.Bad = why; return e }
	noOutput := price.Entry{Provider: "openai", Model: "half", Rates: price.Rates{price.Input: usd("1")}}
	table := price.NewTable([]price.Entry{
		chat("openai", "gpt", "1", "2"),
		from(chat("openai", "gpt", "3", "4"), day(10)),
		chat("azure", "gpt", "5", "6"),
		chat("openai", "only", "7", "8"),
		chat("", "any", "9", "10"),
		chat("azure", "any", "11", "12"),
		from(chat("openai", "later", "1", "2"), day(10)),
		from(chat("openai", "twice", "1", "2"), day(5)),
		from(chat("openai", "twice", "1", "3"), day(10)),
		from(chat("openai", "twice", "1", "4"), day(10).In(time.FixedZone("x", 3600))),
		from(chat("openai", "twice", "1", "5"), day(20)),
		noOutput,
		chat("openai", "bad", "1", "2"),
		from(bad(chat("openai", "bad", "1", "2"), "its price is a word: write digits"), day(10)),
		chat("", "shadow", "1", "2"),
		from(chat("openai", "shadow", "3", "4"), day(10)),
	})
	tests := []struct {
		name            string
		provider, model string
		at              time.Time
		input           string
		reason          price.Reason
		says            string
	}{
		{name: "by name", provider: "openai", model: "gpt", at: day(1), input: "1.00"},
		{name: "just before a new price", provider: "openai", model: "gpt", at: day(10).Add(-1), input: "1.00"},
		{name: "at a new price", provider: "openai", model: "gpt", at: day(10), input: "3.00"},
		{name: "another provider", provider: "azure", model: "gpt", at: day(30), input: "5.00"},
		{name: "a provider that does not list it", provider: "bedrock", model: "gpt", at: day(1), reason: price.NotListed, says: "tollgate prices import"},
		{name: "provider not known, one lists it", model: "only", at: day(1), input: "7.00"},
		{name: "provider not known, several list it", model: "gpt", at: day(1), reason: price.Ambiguous, says: "azure, openai"},
		{name: "any provider", provider: "bedrock", model: "any", at: day(1), input: "9.00"},
		{name: "any provider, not known", model: "any", at: day(1), input: "9.00"},
		{name: "its own price before that of any", provider: "azure", model: "any", at: day(1), input: "11.00"},
		{name: "own price not begun: that of any", provider: "openai", model: "shadow", at: day(1), input: "1.00"},
		{name: "own price begun", provider: "openai", model: "shadow", at: day(10), input: "3.00"},
		{name: "not listed", provider: "openai", model: "none", at: day(1), reason: price.NotListed, says: `model "none" of provider "openai" is unpriced`},
		{name: "names are exact", provider: "openai", model: "GPT", at: day(1), reason: price.NotListed},
		{name: "not yet", provider: "openai", model: "later", at: day(9), reason: price.NotYet, says: "2026-03-09T00:00:00Z"},
		{name: "not yet, provider not known", model: "later", at: day(9), reason: price.NotYet},
		{name: "before the double price", provider: "openai", model: "twice", at: day(9), input: "1.00"},
		{name: "priced twice, written in two zones", provider: "openai", model: "twice", at: day(10), reason: price.PricedTwice, says: "more than once from 2026-03-10T00:00:00Z"},
		{name: "after the double price", provider: "openai", model: "twice", at: day(20), input: "1.00"},
		{name: "no output price", provider: "openai", model: "half", at: day(1), reason: price.MissingPrice, says: "output price is missing"},
		{name: "before a bad entry", provider: "openai", model: "bad", at: day(9), input: "1.00"},
		{name: "a bad entry in force", provider: "openai", model: "bad", at: day(10), reason: price.BadPrice, says: "its price is a word"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := table.Lookup(tt.provider, tt.model, tt.at)
			if tt.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				if got, ok := r.Price(price.Input, 0); !ok || got.String() != tt.input {
					t.Fatalf("input price %s, want %s", got, tt.input)
				}
				return
			}
			var unpriced *price.UnpricedError
			if !errors.As(err, &unpriced) || !errors.Is(err, price.ErrUnpriced) {
				t.Fatalf("error %v, want an UnpricedError", err)
			}
			if unpriced.Reason != tt.reason || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("error %v (%s), want %s and %q", err, unpriced.Reason, tt.reason, tt.says)
			}
			if _, err := r.Cost(price.Usage{Input: 1}); !errors.Is(err, price.ErrUnpriced) {
				t.Fatalf("the rate of an unpriced model costs something: %v", err)
			}
		})
	}
	t.Run("problems", func(t *testing.T) {
		var got []string
		for _, p := range table.Problems() {
			got = append(got, p.String())
		}
		want := []string{
			`model "bad" of provider "openai" is unpriced: its price is a word: write digits (from 2026-03-10T00:00:00Z)`,
			`model "half" of provider "openai" is unpriced: its output price is missing: add it, with "0" if it is free`,
			`model "twice" of provider "openai" is unpriced: it is priced more than once from 2026-03-10T00:00:00Z: keep one of these prices (from 2026-03-10T00:00:00Z)`,
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
	t.Run("priced", func(t *testing.T) {
		// Of ten pairs, half is never priced, later not yet and shadow by "" only.
		if got := table.Priced(day(1)); got != 7 {
			t.Errorf("on day 1 %d are priced, want 7", got)
		}
		// twice and bad are not, later and shadow are.
		if got := table.Priced(day(10)); got != 8 {
			t.Errorf("on day 10 %d are priced, want 8", got)
		}
	})
}

func TestNilTable(t *testing.T) {
	var table *price.Table
	if _, err := table.Lookup("openai", "gpt", day(1)); !errors.Is(err, price.ErrUnpriced) {
		t.Fatalf("error %v, want unpriced", err)
	}
	if table.Priced(day(1)) != 0 || table.Problems() != nil || table.Changes("", "gpt", day(1), day(2)) != nil {
		t.Fatal("a nil table prices something")
	}
	if table.Digest() != price.NewTable(nil).Digest() {
		t.Fatal("a nil table and an empty one differ")
	}
}

func TestBadEntries(t *testing.T) {
	with := func(change func(*price.Entry)) price.Entry {
		e := chat("openai", "gpt", "1", "2")
		change(&e)
		return e
	}
	tests := []struct {
		name   string
		entry  price.Entry
		reason price.Reason
		says   string
	}{
		{name: "no model", entry: with(func(e *price.Entry) { e.Model = "" }), reason: price.BadPrice, says: "names no model"},
		{name: "negative", entry: with(func(e *price.Entry) { e.Rates[price.CacheRead] = -1 }), reason: price.BadPrice, says: "cacheRead price -0.000000001 is outside"},
		{name: "absurd", entry: with(func(e *price.Entry) { e.Rates[price.Input] = price.MaxPrice + 1 }), reason: price.BadPrice, says: "outside 0 to 10000000.00"},
		{name: "absurd per request", entry: with(func(e *price.Entry) { e.PerRequest = ptr(price.MaxPrice + 1) }), reason: price.BadPrice, says: "perRequest"},
		{name: "unknown kind", entry: with(func(e *price.Entry) { e.Rates[price.Kind(200)] = 1 }), reason: price.BadPrice, says: "200"},
		{name: "unknown mode", entry: with(func(e *price.Entry) { e.Mode = "Video" }), reason: price.BadPrice, says: `mode "Video" is unknown`},
		{name: "tier at zero", entry: with(func(e *price.Entry) { e.Tiers = []price.Tier{{Above: 0}} }), reason: price.BadPrice, says: "1 or more"},
		{name: "tier twice", entry: with(func(e *price.Entry) { e.Tiers = []price.Tier{{Above: 9}, {Above: 9}} }), reason: price.BadPrice, says: "two tiers begin above 9 tokens"},
		{name: "negative tier", entry: with(func(e *price.Entry) {
			e.Tiers = []price.Tier{{Above: 9, Rates: price.Rates{price.Input: -5}}}
		}), reason: price.BadPrice, says: "input above 9 tokens"},
		{name: "only per request, without one", entry: price.Entry{Model: "m", PerRequestOnly: true}, reason: price.BadPrice, says: "add the price of a request"},
		{name: "only per request, with tokens", entry: with(func(e *price.Entry) { e.PerRequest, e.PerRequestOnly = ptr(1), true }), reason: price.BadPrice, says: "remove one"},
		{name: "nothing", entry: price.Entry{Model: "m"}, reason: price.MissingPrice, says: "input price is missing"},
		{name: "output in a tier only", entry: price.Entry{Model: "m", Rates: price.Rates{price.Input: 1},
			Tiers: []price.Tier{{Above: 9, Rates: price.Rates{price.Output: 1}}}}, reason: price.MissingPrice, says: "output price is missing"},
		{name: "embedding without input", entry: price.Entry{Model: "m", Mode: price.Embedding, Rates: price.Rates{price.Output: 1}}, reason: price.MissingPrice, says: "input"},
		{name: "image without any output", entry: price.Entry{Model: "m", Mode: price.Image, Rates: price.Rates{price.Input: 1}}, reason: price.MissingPrice, says: "output"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			good := chat("other", "fine", "1", "2")
			table := price.NewTable([]price.Entry{tt.entry, good})
			_, err := table.Lookup(tt.entry.Provider, tt.entry.Model, day(1))
			var unpriced *price.UnpricedError
			if !errors.As(err, &unpriced) || unpriced.Reason != tt.reason || !strings.Contains(unpriced.Detail, tt.says) {
				t.Fatalf("error %v, want %s and %q", err, tt.reason, tt.says)
			}
			if _, err := table.Lookup("other", "fine", day(1)); err != nil {
				t.Fatalf("another model is harmed: %v", err)
			}
			if n := len(table.Problems()); n != 1 {
				t.Fatalf("%d problems, want 1", n)
			}
		})
	}
}

func TestDigestTellsTablesApart(t *testing.T) {
	base := func() price.Entry { return chat("openai", "gpt", "1", "2") }
	changes := map[string]func(*price.Entry){
		"provider":   func(e *price.Entry) { e.Provider = "azure" },
		"model":      func(e *price.Entry) { e.Model = "gpt2" },
		"from":       func(e *price.Entry) { e.From = day(1) },
		"mode":       func(e *price.Entry) { e.Mode = price.Embedding },
		"price":      func(e *price.Entry) { e.Rates[price.Input]++ },
		"zero price": func(e *price.Entry) { e.Rates[price.CacheRead] = 0 },
		"perRequest": func(e *price.Entry) { e.PerRequest = ptr(0) },
		"tier":       func(e *price.Entry) { e.Tiers = []price.Tier{{Above: 9}} },
		"tier price": func(e *price.Entry) { e.Tiers = []price.Tier{{Above: 9, Rates: price.Rates{price.Input: 1}}} },
		"only":       func(e *price.Entry) { e.PerRequestOnly = true },
		"bad":        func(e *price.Entry) { e.Bad = "because" },
		"name that looks like the line": func(e *price.Entry) {
			e.Model = "gpt\" always \"Chat\" input=1"
		},
	}
	seen := map[string]string{price.NewTable([]price.Entry{base()}).Digest(): "base", price.NewTable(nil).Digest(): "empty"}
	for name, change := range changes {
		e := base()
		change(&e)
		d := price.NewTable([]price.Entry{e}).Digest()
		if other, ok := seen[d]; ok {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[d] = name
		if !strings.HasPrefix(d, "sha256:") || len(d) != 71 {
			t.Errorf("digest %q", d)
		}
	}
}
