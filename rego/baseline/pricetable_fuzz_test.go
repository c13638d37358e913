package baseline_test

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// FuzzPriceTable holds the verdict on PriceTables that are written, changed or
// deleted against the oracle, warnings about models in use included.
func FuzzPriceTable(f *testing.F) { fuzzWriters(f, [3]string{"o3", "emb-3", ""}, priceTableCase) }

func priceTableCase(t *testing.T, w world, p picker) (allowed bool) {
	t.Helper()
	object, old := p.priceTable(), p.priceTable()
	old.Name = object.Name
	if p.one(4) { // only a finalizer goes
		old = same(t, object)
		old.Finalizers = []string{"example.com/later"}
	}
	object.Spec.Models = append(object.Spec.Models, some(p, len(old.Spec.Models), func() v1alpha1.ModelPrice {
		return old.Spec.Models[p.IntN(len(old.Spec.Models))] // as it was
	})...)
	object, old = same(t, object), same(t, old)
	r := p.newRequest(metav1.GroupVersionKind{Group: v1alpha1.GroupName, Version: "v1alpha1", Kind: "PriceTable"}, object.ObjectMeta, object, old)
	verdict := w.whole(t, r)
	escapes := giveRights(t, r)
	if r.operation != admissionv1.Delete && r.says(t) {
		var before []v1alpha1.ModelPrice
		if r.operation == admissionv1.Update {
			before = old.Spec.Models
		}
		escapes = append(escapes, wrongUnits(object, before)...)
	}
	compare(t, r.shown(), verdict, escapes)

	var kept []v1alpha1.ModelPrice
	if r.operation == admissionv1.Update {
		kept = object.Spec.Models
	}
	var lost []string
	if r.operation != admissionv1.Create {
		lost = lostPrices(old, kept)
	}
	var said []string
	for _, v := range verdict.With("Warn") {
		if v.Policy == "pricetable-in-use" {
			said = append(said, v.Message)
		}
	}
	if len(said) != len(lost) || slices.ContainsFunc(lost, func(model string) bool { return !strings.Contains(strings.Join(said, "\n"), fmt.Sprintf("%q", model)) }) {
		t.Errorf("warned of %q, want %q\n%s", said, lost, mustJSON(r.shown()))
	}
	return verdict.Allowed()
}

func (p picker) priceTable() *v1alpha1.PriceTable {
	table := &v1alpha1.PriceTable{ObjectMeta: metav1.ObjectMeta{Name: []string{"default", "default", "gold", "other"}[p.IntN(4)]}}
	table.Spec.Models = some(p, 4, func() v1alpha1.ModelPrice {
		m := v1alpha1.ModelPrice{Provider: p.of("", "openai"), Model: p.of("gpt-4o", "gpt-4o", "o3", "half", "emb-1", "emb-", "embers", "free"), Mode: v1alpha1.Chat, Rates: p.rates()}
		if p.one(4) {
			m.PerRequest = p.perRequest()
		}
		m.Override = p.one(10)
		m.Tiers = some(p, 1, func() v1alpha1.Tier { return v1alpha1.Tier{AboveTokens: 200000, Rates: p.rates()} })
		return m
	})
	return table
}

// price is one that can be meant, mostly.
func (p picker) price() *v1alpha1.Price {
	all := []v1alpha1.Price{"0.0001", "10000", "0", "0.000000000", "0.00009", "0.000099999", "0.000000001", "0.0000025", "10000.000000001", "10001", "999999999"}
	if p.one(12) {
		return &all[p.IntN(len(all))]
	}
	return &[]v1alpha1.Price{"2.50", "0.15", "10"}[p.IntN(3)]
}

func (p picker) perRequest() *v1alpha1.Price {
	return &[]v1alpha1.Price{"0.01", "0", "0.000000001", "1000", "1000.000000001", "5000", "20000"}[p.IntN(7)]
}

func (p picker) rates() v1alpha1.Rates {
	maybe := func() *v1alpha1.Price {
		if !p.one(5) {
			return nil
		}
		return p.price()
	}
	return v1alpha1.Rates{
		Input: p.price(), Output: p.price(), CacheRead: maybe(), CacheWrite: maybe(), Reasoning: maybe(),
		AudioInput: maybe(), AudioOutput: maybe(), ImageInput: maybe(), ImageOutput: maybe(),
	}
}

// wrongUnits are prices per million tokens below 0.0001 dollars or above 10000,
// or above 1000 for a request, that nobody has marked as meant and that are new.
func wrongUnits(table *v1alpha1.PriceTable, before []v1alpha1.ModelPrice) []string {
	number := func(text v1alpha1.Price) *big.Rat {
		n, ok := new(big.Rat).SetString(string(text))
		if !ok {
			panic("no number: " + text)
		}
		return n
	}
	var escapes []string
	for _, m := range table.Spec.Models {
		if m.Override || slices.ContainsFunc(before, func(b v1alpha1.ModelPrice) bool { return bytes.Equal(mustJSON(b), mustJSON(m)) }) {
			continue
		}
		rates := []v1alpha1.Rates{m.Rates}
		for _, tier := range m.Tiers {
			rates = append(rates, tier.Rates)
		}
		for _, r := range rates {
			for _, price := range []*v1alpha1.Price{r.Input, r.Output, r.CacheRead, r.CacheWrite, r.Reasoning, r.AudioInput, r.AudioOutput, r.ImageInput, r.ImageOutput} {
				if price == nil || number(*price).Sign() == 0 {
					continue
				}
				if number(*price).Cmp(number("0.0001")) < 0 || number(*price).Cmp(number("10000")) > 0 {
					escapes = append(escapes, "a price of "+string(*price)+" per million tokens")
				}
			}
		}
		if m.PerRequest != nil && number(*m.PerRequest).Cmp(number("1000")) > 0 {
			escapes = append(escapes, "a price of "+string(*m.PerRequest)+" per request")
		}
	}
	return escapes
}

// lostPrices are the models of a table that stand in it no longer, and that a
// Project of testdata/writers.yaml allows whose organization the table is for.
func lostPrices(table *v1alpha1.PriceTable, kept []v1alpha1.ModelPrice) []string {
	var lost []string
	for _, m := range table.Spec.Models {
		used := table.Name == "default" && (m.Model == "gpt-4o" || m.Model == "o3") ||
			table.Name == "gold" && (m.Model == "half" || strings.HasPrefix(m.Model, "emb-"))
		stays := slices.ContainsFunc(kept, func(k v1alpha1.ModelPrice) bool { return k.Model == m.Model })
		if used && !stays && !slices.Contains(lost, m.Model) {
			lost = append(lost, m.Model)
		}
	}
	return lost
}
