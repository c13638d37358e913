package importer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
	"tollgate.dev/tollgate/metering/pricetable/importer"
)

func TestOptions(t *testing.T) {
	in := `{
	"a":{"litellm_provider":"azure","input_cost_per_token":1e-06,"output_cost_per_token":1e-06,"input_cost_per_token_flex":1e-07},
	"b":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":1e-06},
	"c":{"litellm_provider":"openai","input_cost_per_token":-1,"output_cost_per_token":1e-06},
	"d":{"litellm_provider":"free","input_cost_per_token":0,"output_cost_per_token":0}}`
	names := func(opts importer.Options) []string {
		l, err := importer.Read(strings.NewReader(in), importer.LiteLLM, opts)
		if err != nil {
			t.Fatal(err)
		}
		out := []string{}
		for _, m := range l.Models {
			out = append(out, importer.Name(m.Provider, m.Model))
		}
		for _, s := range append(l.Skipped, l.Bad...) {
			out = append(out, "left "+importer.Name(s.Provider, s.Model))
		}
		for _, n := range l.Notes {
			out = append(out, n.Models...)
		}
		return out
	}
	tests := []struct {
		name string
		opts importer.Options
		want []string
	}{
		{name: "all", want: []string{"azure/a", "openai/b", "left free/d", "left openai/c", "azure/a"}},
		{name: "renamed", opts: importer.Options{Rename: map[string]string{"openai": "eu", "azure": ""}}, want: []string{"*/a", "eu/b", "left free/d", "left eu/c", "*/a"}},
		{name: "some", opts: importer.Options{Only: func(p, _ string) bool { return p == "openai" }}, want: []string{"openai/b", "left openai/c"}},
		{name: "free ones too", opts: importer.Options{Free: true}, want: []string{"azure/a", "free/d", "openai/b", "left openai/c", "azure/a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, names(tt.opts)); d != "" {
				t.Fatal(d)
			}
		})
	}
	l, err := importer.Read(strings.NewReader(in), importer.LiteLLM, importer.Options{URL: "https://example.com/prices.json"})
	if err != nil {
		t.Fatal(err)
	}
	want := &v1alpha1.PriceSource{Format: "litellm", URL: "https://example.com/prices.json", Digest: l.Digest}
	if d := cmp.Diff(want, l.Models[0].Prices[0].Source); d != "" || len(l.Digest) != 71 {
		t.Fatal(l.Digest, d)
	}
}

// TestEchoes: a price that only repeats its fallback is left out, so that it
// grows with it in the tiers; one that differs in any tier is kept.
func TestEchoes(t *testing.T) {
	tests := []struct {
		name, cost      string
		base, tierPrice string // of a reasoning token, short and long
	}{
		{name: "an echo", cost: `"input":1,"output":10,"reasoning":10,"context_over_200k":{"input":2,"output":15}`, base: "10.00", tierPrice: "15.00"},
		{name: "an echo in the tier too", cost: `"input":1,"output":10,"reasoning":10,"context_over_200k":{"input":2,"output":15,"reasoning":15}`, base: "10.00", tierPrice: "15.00"},
		{name: "different in the tier", cost: `"input":1,"output":10,"reasoning":10,"context_over_200k":{"input":2,"output":15,"reasoning":12}`, base: "10.00", tierPrice: "12.00"},
		{name: "different", cost: `"input":1,"output":10,"reasoning":11,"context_over_200k":{"input":2,"output":15}`, base: "11.00", tierPrice: "11.00"},
		{name: "different below", cost: `"input":1,"output":10,"reasoning":11,"context_over_200k":{"input":2,"output":15,"reasoning":15}`, base: "11.00", tierPrice: "15.00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := importer.Read(strings.NewReader(`{"p":{"models":{"m":{"cost":{`+tt.cost+`}}}}}`), importer.ModelsDev, importer.Options{})
			if err != nil {
				t.Fatal(err)
			}
			e := pricetable.Entry(&l.Models[0].Prices[0])
			r, err := price.NewTable([]price.Entry{e}).Lookup("p", "m", time.Now())
			if err != nil {
				t.Fatal(err)
			}
			short, _ := r.Price(price.Reasoning, 200_000)
			long, _ := r.Price(price.Reasoning, 200_001)
			if short.String() != tt.base || long.String() != tt.tierPrice {
				t.Fatalf("reasoning costs %s and %s, want %s and %s", short, long, tt.base, tt.tierPrice)
			}
		})
	}
}

// TestAnIDGoesBeforeAMatch: a name that one model matches and that is another
// model's own is the latter's.
func TestAnIDGoesBeforeAMatch(t *testing.T) {
	in := `[{"id":"p","models":[
		{"id":"a","match":{"or":[{"equals":"b"},{"equals":"c"}]},"prices":{"input_mtok":1,"output_mtok":1}},
		{"id":"b","match":{"equals":"b"},"prices":{"input_mtok":2,"output_mtok":2}}]}]`
	l, err := importer.Read(strings.NewReader(in), importer.GenAIPrices, importer.Options{})
	if err != nil || len(l.Bad) > 0 {
		t.Fatal(err, l)
	}
	got := map[string]string{}
	for _, m := range l.Models {
		got[m.Model] = string(*m.Prices[0].Input)
	}
	if d := cmp.Diff(map[string]string{"a": "1", "b": "2", "c": "1"}, got); d != "" {
		t.Fatal(d)
	}
}
