package pricetable_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// every names each field of a price, each with a value of its own, so that a
// mixed-up or forgotten field shows.
const every = `
spec:
  models:
  - provider: openai
    model: gpt
    input: "1"
    output: "2"
    cacheRead: "3"
    cacheWrite: "4"
    reasoning: "5"
    audioInput: "6"
    audioOutput: "7"
    imageInput: "8"
    imageOutput: "9"
    perRequest: "0.5"
    tiers:
    - aboveTokens: 1000
      input: "11"
      output: "12"
      cacheRead: "13"
      cacheWrite: "14"
      reasoning: "15"
      audioInput: "16"
      audioOutput: "17"
      imageInput: "18"
      imageOutput: "19"
  - provider: openai
    model: gpt
    effectiveFrom: "2027-01-01T00:00:00Z"
    perRequest: "0"
    perRequestOnly: true
  - model: embed
    mode: Embedding
    input: "0.02"
`

func read(t *testing.T, text string) *v1alpha1.PriceTable {
	t.Helper()
	var object v1alpha1.PriceTable
	if err := yaml.UnmarshalStrict([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return &object
}

func TestCompileTakesEveryField(t *testing.T) {
	table, problems := pricetable.Compile(read(t, every))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r, err := table.Lookup("openai", "gpt", now)
	if err != nil {
		t.Fatal(err)
	}
	want := map[price.Kind][2]string{}
	for i, k := range []price.Kind{price.Input, price.Output, price.CacheRead, price.CacheWrite, price.Reasoning,
		price.AudioInput, price.AudioOutput, price.ImageInput, price.ImageOutput} {
		want[k] = [2]string{[]string{"1.00", "2.00", "3.00", "4.00", "5.00", "6.00", "7.00", "8.00", "9.00"}[i],
			[]string{"11.00", "12.00", "13.00", "14.00", "15.00", "16.00", "17.00", "18.00", "19.00"}[i]}
	}
	got := map[price.Kind][2]string{}
	for _, k := range price.Kinds() {
		short, _ := r.Price(k, 1000)
		long, _ := r.Price(k, 1001)
		got[k] = [2]string{short.String(), long.String()}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	if r.PerRequest().String() != "0.50" {
		t.Errorf("perRequest %s", r.PerRequest())
	}
	later, err := table.Lookup("openai", "gpt", now.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := later.Cost(price.Usage{Input: 1000, Requests: 1}); err != nil || c != 0 {
		t.Errorf("a model that is free per request costs %s, %v", c, err)
	}
	if r, err := table.Lookup("anybody", "embed", now); err != nil || r.Mode() != price.Embedding {
		t.Errorf("embed: %v", err)
	}
}

func TestCompileKeepsTroubleToItsModel(t *testing.T) {
	at := func(s string) metav1.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return metav1.NewTime(v)
	}
	rates := func(in, out string) v1alpha1.Rates {
		return v1alpha1.Rates{Input: ptr.To(v1alpha1.Price(in)), Output: ptr.To(v1alpha1.Price(out))}
	}
	tests := []struct {
		name    string
		entries []v1alpha1.ModelPrice
		reason  price.Reason
		says    string
	}{
		{name: "per token, read as a price", entries: []v1alpha1.ModelPrice{{Rates: rates("1.5e-07", "1")}}, reason: price.BadPrice, says: `input price "1.5e-07" cannot be read`},
		{name: "ten decimals", entries: []v1alpha1.ModelPrice{{Rates: rates("1", "0.0000000001")}}, reason: price.BadPrice, says: "output price"},
		{name: "empty", entries: []v1alpha1.ModelPrice{{Rates: rates("", "1")}}, reason: price.BadPrice, says: `input price ""`},
		{name: "negative", entries: []v1alpha1.ModelPrice{{Rates: rates("-1", "1")}}, reason: price.BadPrice, says: "input price"},
		{name: "beyond the bound", entries: []v1alpha1.ModelPrice{{Rates: rates("99999999", "1")}}, reason: price.BadPrice, says: "outside"},
		{name: "a word of great length", entries: []v1alpha1.ModelPrice{{Rates: rates(strings.Repeat("x", 9999), "1")}}, reason: price.BadPrice, says: `xxx..."`},
		{name: "in dollars per token", entries: []v1alpha1.ModelPrice{{Rates: rates("0.0000025", "0.00001")}}, reason: price.Implausible, says: "input price 0.0000025 is less than 0.0001"},
		{name: "just below the lowest", entries: []v1alpha1.ModelPrice{{Rates: rates("0", "0.000099999")}}, reason: price.Implausible, says: "output price 0.000099999"},
		{name: "in dollars per billion tokens", entries: []v1alpha1.ModelPrice{{Rates: rates("2500000", "1")}}, reason: price.Implausible, says: "input price 2500000.00 is more than 10000.00"},
		{name: "a tier in dollars per token", entries: []v1alpha1.ModelPrice{{Rates: rates("1", "1"), Tiers: []v1alpha1.Tier{{AboveTokens: 5, Rates: rates("1", "0.00001")}}}},
			reason: price.Implausible, says: "output price above 5 tokens 0.00001"},
		{name: "much for one request", entries: []v1alpha1.ModelPrice{{PerRequest: ptr.To(v1alpha1.Price("1000.000000001")), PerRequestOnly: true}},
			reason: price.Implausible, says: "perRequest price 1000.000000001"},
		{name: "confirmed, and beyond the bound of all", entries: []v1alpha1.ModelPrice{{Rates: rates("99999999", "1"), Override: true}}, reason: price.BadPrice, says: "outside"},
		{name: "in a tier", entries: []v1alpha1.ModelPrice{{Rates: rates("1", "1"), Tiers: []v1alpha1.Tier{{AboveTokens: 5, Rates: rates("one", "1")}}}},
			reason: price.BadPrice, says: "input above 5 tokens"},
		{name: "per request", entries: []v1alpha1.ModelPrice{{Rates: rates("1", "1"), PerRequest: ptr.To(v1alpha1.Price("much"))}}, reason: price.BadPrice, says: "perRequest"},
		{name: "no output", entries: []v1alpha1.ModelPrice{{Rates: v1alpha1.Rates{Input: ptr.To(v1alpha1.Price("1"))}}}, reason: price.MissingPrice, says: "output"},
		{name: "no price at all", entries: []v1alpha1.ModelPrice{{}}, reason: price.MissingPrice, says: "input"},
		{name: "twice from always", entries: []v1alpha1.ModelPrice{{Rates: rates("1", "1")}, {Rates: rates("1", "2"), EffectiveFrom: at("1970-01-01T00:00:00Z")}},
			reason: price.PricedTwice, says: "more than once"},
		{name: "twice, written in two zones", entries: []v1alpha1.ModelPrice{
			{Rates: rates("1", "1"), EffectiveFrom: at("2026-01-01T00:00:00Z")}, {Rates: rates("1", "2"), EffectiveFrom: at("2026-01-01T09:00:00+09:00")}},
			reason: price.PricedTwice, says: "2026-01-01T00:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			object := &v1alpha1.PriceTable{}
			for _, e := range tt.entries {
				e.Provider, e.Model = "openai", "odd"
				object.Spec.Models = append(object.Spec.Models, e)
			}
			object.Spec.Models = append(object.Spec.Models,
				v1alpha1.ModelPrice{Provider: "openai", Model: "fine", Rates: rates("1", "2")},
				v1alpha1.ModelPrice{Provider: "azure", Model: "odd", Rates: rates("1", "2")})
			table, problems := pricetable.Compile(object)
			if len(problems) != 1 || problems[0].Model != "odd" || problems[0].Reason != tt.reason || !strings.Contains(problems[0].Detail, tt.says) {
				t.Fatalf("problems %v, want one of %s saying %q", problems, tt.reason, tt.says)
			}
			if _, err := table.Lookup("openai", "odd", now); err == nil {
				t.Fatal("it is priced")
			}
			for provider, model := range map[string]string{"openai": "fine", "azure": "odd"} {
				if _, err := table.Lookup(provider, model, now); err != nil {
					t.Errorf("another model is harmed: %v", err)
				}
			}
			if n := len(problems[0].Detail); n > 250 {
				t.Errorf("the detail has %d characters", n)
			}
		})
	}
}

// TestPlausible takes prices at the bounds, and those beyond them that a person
// has confirmed; the digest tells which.
func TestPlausible(t *testing.T) {
	entry := func(input string, override bool) *v1alpha1.PriceTable {
		return &v1alpha1.PriceTable{Spec: v1alpha1.PriceTableSpec{Models: []v1alpha1.ModelPrice{{
			Model: "odd", Override: override, Rates: v1alpha1.Rates{Input: ptr.To(v1alpha1.Price(input)), Output: ptr.To(v1alpha1.Price("1"))},
		}}}}
	}
	for _, tt := range []struct {
		input    string
		override bool
	}{{"0", false}, {"0.0001", false}, {"10000", false}, {"0.000099999", true}, {"10000.000000001", true}, {"0.0000025", true}} {
		table, problems := pricetable.Compile(entry(tt.input, tt.override))
		r, err := table.Lookup("", "odd", now)
		if err != nil || len(problems) > 0 {
			t.Errorf("%+v: %v, %v", tt, err, problems)
			continue
		}
		got, _ := r.Price(price.Input, 1)
		if want, err := money.Parse(tt.input); err != nil || got != want {
			t.Errorf("%+v: priced at %s, %v", tt, got, err)
		}
	}
	digest := func(input string, override bool) string {
		table, _ := pricetable.Compile(entry(input, override))
		return table.Digest()
	}
	if digest("0.0000025", false) == digest("0.0000025", true) {
		t.Error("a price that counts and one that does not have one digest")
	}
	if digest("2.5", false) != digest("2.5", true) {
		t.Error("who set a plausible price changes the digest, and no price")
	}
}

func TestCompileNothing(t *testing.T) {
	for name, object := range map[string]*v1alpha1.PriceTable{"nil": nil, "empty": {}} {
		table, problems := pricetable.Compile(object)
		if table == nil || len(problems) > 0 || table.Priced(now) != 0 {
			t.Errorf("%s: %v, %v", name, table, problems)
		}
	}
}

// FuzzCompile: whatever the object says, nothing panics, a bystander stays
// priced, and what cannot be priced is unpriced, never free.
func FuzzCompile(f *testing.F) {
	f.Add([]byte(`{"models":[{"provider":"openai","model":"gpt","input":"1","output":"2"}]}`))
	f.Add([]byte(`{"models":[{"model":"a","input":"1.5e-07"},{"model":"a","effectiveFrom":"2026-01-01T00:00:00Z","tiers":[{"aboveTokens":-1}]}]}`))
	f.Add([]byte(`{"models":[{"model":"a","perRequestOnly":true},{"model":"","mode":"Nonsense","input":"99999999999"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var object v1alpha1.PriceTable
		if err := json.Unmarshal(data, &object.Spec); err != nil {
			t.Skip()
		}
		object.Spec.Models = append(object.Spec.Models, v1alpha1.ModelPrice{
			Provider: "bystander", Model: "bystander", EffectiveFrom: metav1.NewTime(now),
			Rates: v1alpha1.Rates{Input: ptr.To(v1alpha1.Price("1")), Output: ptr.To(v1alpha1.Price("2"))},
		})
		table, problems := pricetable.Compile(&object)
		bad := map[string]bool{}
		for _, p := range problems {
			bad[p.Provider+"/"+p.Model] = true
		}
		if _, err := table.Lookup("bystander", "bystander", now); err != nil && !bad["bystander/bystander"] {
			t.Fatal(err)
		}
		for _, m := range object.Spec.Models {
			r, err := table.Lookup(m.Provider, m.Model, now)
			if err != nil {
				continue
			}
			c, err := r.Cost(price.Usage{Input: 1_000_000, Requests: 1})
			if err != nil || c > 0 {
				continue
			}
			if input, _ := r.Price(price.Input, 1_000_000); input != 0 {
				t.Fatalf("%+v is free", m)
			}
		}
	})
}
