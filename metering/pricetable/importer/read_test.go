package importer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
	"tollgate.dev/tollgate/metering/pricetable/importer"
)

// lite is a LiteLLM list of models with these input and output prices.
func lite(prices ...string) string {
	var b strings.Builder
	b.WriteString("{")
	for i, p := range prices {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `"m%d":{"litellm_provider":"p","mode":"chat","input_cost_per_token":%s,"output_cost_per_token":%s}`, i, p, p)
	}
	return b.String() + "}"
}

// dev is a models.dev list likewise.
func dev(prices ...string) string {
	var b strings.Builder
	b.WriteString(`{"p":{"id":"p","models":{`)
	for i, p := range prices {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `"m%d":{"id":"m%d","cost":{"input":%s,"output":%s}}`, i, i, p, p)
	}
	return b.String() + "}}}"
}

func times(n int, s string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

func TestReadRefuses(t *testing.T) {
	whole := lite("1e-06", "2e-06", "3e-06")
	tests := []struct {
		name   string
		in     string
		format importer.Format
		says   string
	}{
		{name: "empty", in: "", format: importer.LiteLLM, says: "the file is empty"},
		{name: "web page", in: "<!DOCTYPE html><html>", format: importer.LiteLLM, says: "download the raw file"},
		{name: "cut short", in: whole[:len(whole)/2], format: importer.LiteLLM, says: "cut short"},
		{name: "cut short by one byte", in: whole[:len(whole)-1], format: importer.LiteLLM, says: "cut short"},
		{name: "two documents", in: whole + whole, format: importer.LiteLLM, says: "there is more after the end"},
		{name: "not a number", in: lite("NaN"), format: importer.LiteLLM, says: "the JSON is broken at byte"},
		{name: "too deep", in: strings.Repeat("[", 100_000), format: importer.LiteLLM, says: "nested deeper"},
		{name: "too large", in: strings.Repeat(" ", importer.MaxBytes+1), format: importer.LiteLLM, says: "larger than 32 MiB"},
		{name: "a list for an object", in: "[]", format: importer.LiteLLM, says: "shape"},
		{name: "an object for a list", in: "{}", format: importer.GenAIPrices, says: "shape"},
		{name: "a number", in: "7", format: importer.ModelsDev, says: "shape"},
		{name: "no models", in: "{}", format: importer.LiteLLM, says: "it names no models"},
		{name: "models.dev read as LiteLLM", in: dev("1", "2"), format: importer.LiteLLM, says: "use --format models.dev"},
		{name: "LiteLLM read as models.dev", in: whole, format: importer.ModelsDev, says: "use --format litellm"},
		{name: "genai-prices read as LiteLLM", in: `[{"id":"p","models":[]}]`, format: importer.LiteLLM, says: "use --format genai-prices"},
		{name: "unknown format", in: "{}", format: "csv", says: "use litellm, models.dev or genai-prices"},
		{name: "LiteLLM per million", in: lite("0.15", "2.5", "10"), format: importer.LiteLLM, says: "seems to be in a larger unit"},
		{name: "LiteLLM per thousand", in: lite("0.0025", "0.03", "0.06"), format: importer.LiteLLM, says: "larger unit"},
		{name: "one model per million", in: lite("2.5"), format: importer.LiteLLM, says: "larger unit"},
		{name: "a fifth per million", in: lite(append(times(12, "1e-06"), times(3, "2.5")...)...), format: importer.LiteLLM, says: "3 of 15 models"},
		{name: "models.dev per token", in: dev("1.5e-07", "2.5e-06", "1e-05"), format: importer.ModelsDev, says: "seems to be in a smaller unit"},
		{name: "absurd exponent", in: lite("1e999999999", "1e999999999"), format: importer.LiteLLM, says: "larger unit"},
		{name: "mostly bad", in: lite(append(times(5, "1e-06"), times(3, "-1e-06")...)...), format: importer.LiteLLM, says: "3 entries are bad and only 5 are good"},
		{name: "all bad", in: lite("-1e-06"), format: importer.LiteLLM, says: "nothing in the file can be imported"},
		{name: "nothing that is priced", in: lite("0"), format: importer.LiteLLM, says: "all its prices are 0"},
		{name: "provider twice", in: `{"p":{"models":{"m":{"cost":{"input":1,"output":1}}}},"p":{"models":{}}}`, format: importer.ModelsDev, says: `provider "p" twice`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := importer.Read(strings.NewReader(tt.in), tt.format, importer.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("error %v, want one saying %q (list %+v)", err, tt.says, l)
			}
			if len(err.Error()) > 500 {
				t.Fatalf("the message has %d characters", len(err.Error()))
			}
		})
	}
}

// TestSingleEntries are entries that are left out of a list whose others are
// good.
func TestSingleEntries(t *testing.T) {
	tests := []struct {
		name  string
		entry string // beside three good models
		model string
		says  string
		skip  bool
	}{
		{name: "negative", entry: `"x":{"litellm_provider":"p","input_cost_per_token":-0.1,"output_cost_per_token":1e-06}`, model: "x", says: "negative"},
		{name: "NaN as text", entry: `"x":{"litellm_provider":"p","input_cost_per_token":"NaN","output_cost_per_token":1e-06}`, model: "x", says: "not a number"},
		{name: "infinite", entry: `"x":{"litellm_provider":"p","input_cost_per_token":"Infinity","output_cost_per_token":1e-06}`, model: "x", says: "not a number"},
		{name: "true", entry: `"x":{"litellm_provider":"p","input_cost_per_token":true,"output_cost_per_token":1e-06}`, model: "x", says: "not a number"},
		{name: "implausibly high", entry: `"x":{"litellm_provider":"p","input_cost_per_token":0.15,"output_cost_per_token":1e-06}`, model: "x", says: `"0.15" is implausibly high`},
		{name: "implausibly low", entry: `"x":{"litellm_provider":"p","input_cost_per_token":1e-13,"output_cost_per_token":1e-06}`, model: "x", says: "implausibly low"},
		{name: "a vanishing exponent", entry: `"x":{"litellm_provider":"p","input_cost_per_token":1e-999999999,"output_cost_per_token":1e-06}`, model: "x", says: "implausibly low"},
		{name: "a long number", entry: `"x":{"litellm_provider":"p","input_cost_per_token":` + strings.Repeat("9", 999) + `,"output_cost_per_token":1e-06}`, model: "x", says: "999 characters"},
		{name: "absurd per request", entry: `"x":{"litellm_provider":"p","input_cost_per_token":1e-06,"output_cost_per_token":1e-06,"input_cost_per_request":5000}`, model: "x", says: "more than $1000.00"},
		{name: "listed twice under one key", entry: `"x":{"litellm_provider":"p","input_cost_per_token":1e-06,"output_cost_per_token":1e-06},"x":{"litellm_provider":"p"}`, model: "x", says: "twice"},
		{name: "listed twice under two keys", entry: `"x":{"litellm_provider":"p","input_cost_per_token":1e-06,"output_cost_per_token":1e-06},"p/x":{"litellm_provider":"p","input_cost_per_token":2e-06,"output_cost_per_token":1e-06}`, model: "x", says: "with different prices"},
		{name: "a price twice", entry: `"x":{"litellm_provider":"p","input_cost_per_token":1e-06,"input_cost_per_token":2e-06,"output_cost_per_token":1e-06}`, model: "x", says: `key "input_cost_per_token" stands twice`},
		{name: "not an object", entry: `"x":7`, model: "x", says: "not an object"},
		{name: "no provider", entry: `"x":{"input_cost_per_token":1e-06,"output_cost_per_token":1e-06}`, model: "x", says: "no litellm_provider"},
		{name: "no name", entry: `"":{"litellm_provider":"p","input_cost_per_token":1e-06,"output_cost_per_token":1e-06}`, model: "", says: "no name"},
		{name: "a reference to a secret", entry: `"${secret.a/b.c}":{"litellm_provider":"p","input_cost_per_token":1e-06,"output_cost_per_token":1e-06}`, model: "${secret.a/b.c}", says: "${"},
		{name: "control characters", entry: `"a\u001b[31m":{"litellm_provider":"p","input_cost_per_token":1e-06,"output_cost_per_token":1e-06}`, model: "a?[31m", says: "cannot be printed"},
		{name: "a long name", entry: `"` + strings.Repeat("x", 254) + `":{"litellm_provider":"p","input_cost_per_token":1e-06,"output_cost_per_token":1e-06}`, model: strings.Repeat("x", 203-3) + "...", says: "longer than 253"},
		{name: "nine tiers", entry: `"x":{"litellm_provider":"p","input_cost_per_token":1e-06,"output_cost_per_token":1e-06,` + nineTiers() + `}`, model: "x", says: "more than 8 tiers"},
		{name: "tiers without a range", entry: `"x":{"litellm_provider":"p","tiered_pricing":[{"input_cost_per_token":1e-06}]}`, model: "x", says: "no range"},
		{name: "a tier that begins at half a token", entry: `"x":{"litellm_provider":"p","tiered_pricing":[{"range":[0.5,9],"input_cost_per_token":1e-06}]}`, model: "x", says: "not a number of tokens"},
		{name: "a first tier missing", entry: `"x":{"litellm_provider":"p","tiered_pricing":[{"range":[10,20],"input_cost_per_token":1e-06,"output_cost_per_token":1e-06}]}`, model: "x", says: "input price is missing", skip: true},
		{name: "no output price", entry: `"x":{"litellm_provider":"p","input_cost_per_token":1e-06}`, model: "x", says: "output price is missing", skip: true},
		{name: "no price", entry: `"x":{"litellm_provider":"p"}`, model: "x", says: "gives no price", skip: true},
		{name: "per character", entry: `"x":{"litellm_provider":"p","input_cost_per_character":1e-06,"output_cost_per_character":1e-06}`, model: "x", says: "per character", skip: true},
		{name: "all zero", entry: `"x":{"litellm_provider":"p","input_cost_per_token":0,"output_cost_per_token":0.0e-5}`, model: "x", says: "--free", skip: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := strings.TrimSuffix(lite("1e-06", "2e-06", "3e-06"), "}") + "," + tt.entry + "}"
			l, err := importer.Read(strings.NewReader(in), importer.LiteLLM, importer.Options{})
			if err != nil {
				t.Fatal(err)
			}
			left, other := l.Bad, l.Skipped
			if tt.skip {
				left, other = other, left
			}
			if len(l.Models) != 3 || len(left) != 1 || len(other) != 0 {
				t.Fatalf("%d models, bad %v, skipped %v", len(l.Models), l.Bad, l.Skipped)
			}
			if left[0].Model != tt.model || !strings.Contains(left[0].Reason, tt.says) {
				t.Fatalf("left out %q because %q, want %q saying %q", left[0].Model, left[0].Reason, tt.model, tt.says)
			}
		})
	}
}

func nineTiers() string {
	var parts []string
	for i := range 9 {
		parts = append(parts, fmt.Sprintf(`"input_cost_per_token_above_%dk_tokens":%de-06`, i+1, i+2))
	}
	return strings.Join(parts, ",")
}

// TestPerTokenIsPerMillion: any price that a PriceTable can hold survives the
// way through LiteLLM's unit and decimal notation, exactly.
func TestPerTokenIsPerMillion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := money.Amount(rapid.Int64Range(int64(money.Dollar/10_000), int64(10_000*money.Dollar)).Draw(t, "price"))
		text := fmt.Sprintf("%de-15", amount) // nano-USD per million is 10^-15 USD per token
		if rapid.Bool().Draw(t, "as a decimal") {
			s := fmt.Sprintf("%016d", amount)
			text = s[:len(s)-15] + "." + s[len(s)-15:]
		}
		l, err := importer.Read(strings.NewReader(lite(text)), importer.LiteLLM, importer.Options{})
		if err != nil {
			t.Fatal(text, err)
		}
		got, err := money.Parse(string(*l.Models[0].Prices[0].Input))
		if err != nil || got != amount {
			t.Fatalf("%s per token became %s per million, want %s", text, got, amount)
		}
	})
}

// FuzzRead: whatever the file holds, nothing panics, and what is taken over can
// be priced and stored.
func FuzzRead(f *testing.F) {
	for i, format := range importer.Formats() {
		f.Add([]byte(fixture(f, []string{"litellm.json", "modelsdev.json", "genaiprices.json"}[i])), string(format))
	}
	f.Add([]byte(lite("1e-06", "1e400", "-0", "0.0000025")), "litellm")
	f.Add([]byte(dev("1", "0.00000000000001")), "models.dev")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		format, err := importer.ParseFormat(name)
		if err != nil {
			t.Skip()
		}
		l, err := importer.Read(strings.NewReader(string(data)), format, importer.Options{Free: true})
		if err != nil {
			return
		}
		object := &v1alpha1.PriceTable{}
		for _, m := range l.Models {
			for _, p := range m.Prices {
				if p.Model == "" || len(p.Model) > 253 || len(p.Provider) > 63 || len(p.Tiers) > 8 {
					t.Fatalf("the cluster would refuse %+v", p)
				}
			}
			object.Spec.Models = append(object.Spec.Models, m.Prices...)
		}
		if _, problems := pricetable.Compile(object); len(problems) > 0 {
			t.Fatalf("taken over and not usable: %v", problems)
		}
		table, _ := pricetable.Compile(object)
		for _, m := range l.Models {
			last := m.Prices[len(m.Prices)-1]
			at := last.EffectiveFrom.Time
			if at.IsZero() {
				at = time.Unix(0, 0)
			}
			r, err := table.Lookup(m.Provider, m.Model, at)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Cost(price.Usage{Input: 1}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
