package merge_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
	"tollgate.dev/tollgate/metering/pricetable/importer"
	"tollgate.dev/tollgate/metering/pricetable/merge"
)

func drawPrices(t *rapid.T, format string) v1alpha1.ModelPrice {
	p := func(name string) *v1alpha1.Price {
		v := v1alpha1.Price(fmt.Sprint(rapid.IntRange(1, 3).Draw(t, name)))
		return &v
	}
	return v1alpha1.ModelPrice{
		Provider: rapid.SampledFrom([]string{"", "p"}).Draw(t, "provider"), Model: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "model"),
		Rates: v1alpha1.Rates{Input: p("input"), Output: p("output")}, Source: &v1alpha1.PriceSource{Format: format},
	}
}

// hour is an instant some hours around the import; hour 0 is the import.
func hour(h int) time.Time { return begin.Truncate(time.Minute).Add(time.Duration(h) * time.Hour) }

func drawCurrent(t *rapid.T) *v1alpha1.PriceTable {
	table := &v1alpha1.PriceTable{}
	seen := map[string]bool{}
	for range rapid.IntRange(0, 8).Draw(t, "entries") {
		e := drawPrices(t, "litellm")
		if rapid.Bool().Draw(t, "dated") {
			e.EffectiveFrom = metav1.NewTime(hour(rapid.IntRange(-3, 3).Draw(t, "hour")))
		}
		e.Override = rapid.IntRange(0, 5).Draw(t, "override") == 0
		key := fmt.Sprint(e.Provider, e.Model, e.EffectiveFrom.Unix())
		if !seen[key] {
			table.Spec.Models = append(table.Spec.Models, e)
		}
		seen[key] = true
	}
	return table
}

func drawList(t *rapid.T) *importer.List {
	l := &importer.List{Format: importer.LiteLLM}
	seen := map[[2]string]bool{}
	for range rapid.IntRange(0, 6).Draw(t, "models") {
		e := drawPrices(t, "litellm")
		key := [2]string{e.Provider, e.Model}
		if seen[key] {
			continue
		}
		seen[key] = true
		m := importer.Model{Provider: e.Provider, Model: e.Model, Prices: []v1alpha1.ModelPrice{e}}
		hours := rapid.SliceOfNDistinct(rapid.IntRange(-3, 3), 0, 3, rapid.ID[int]).Draw(t, "hours")
		slices.Sort(hours)
		for _, h := range hours {
			next := drawPrices(t, "litellm")
			next.Provider, next.Model, next.EffectiveFrom = e.Provider, e.Model, metav1.NewTime(hour(h))
			m.Prices = append(m.Prices, next)
		}
		l.Models = append(l.Models, m)
	}
	return l
}

// answer is what a request costs at an instant, or that it has no price.
func answer(p *v1alpha1.PriceTable, provider, model string, at time.Time) string {
	table, _ := pricetable.Compile(p)
	r, err := table.Lookup(provider, model, at)
	if err != nil {
		return "unpriced"
	}
	c, err := r.Cost(price.Usage{Input: 1000, Output: 1_000_000})
	if err != nil {
		return err.Error()
	}
	return c.String()
}

// entriesOf are the prices of some models, in order.
func entriesOf(p *v1alpha1.PriceTable, keys map[[2]string]bool) []string {
	var out []string
	for _, e := range p.Spec.Models {
		if keys[[2]string{e.Provider, e.Model}] {
			out = append(out, fmt.Sprint(e.Provider, e.Model, max(e.EffectiveFrom.Unix(), 0), *e.Input, *e.Output, e.Override))
		}
	}
	slices.Sort(out)
	return out
}

// TestMergeHolds: history stays priced as it was, overrides stay, from the
// import on the list holds, and a second import finds
// nothing to do.
func TestMergeHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, l := drawCurrent(t), drawList(t)
		opts := merge.Options{EffectiveFrom: begin}
		after, diff := merge.Merge(before, l, opts)

		known, overridden := map[string]bool{}, map[[2]string]bool{}
		for _, e := range before.Spec.Models {
			known[e.Model] = true
			key := [2]string{e.Provider, e.Model}
			overridden[key] = overridden[key] || e.Override
		}
		for _, provider := range []string{"", "p", "q"} {
			for model := range known {
				for h := -4; h < 0; h++ {
					was, is := answer(before, provider, model, hour(h)), answer(after, provider, model, hour(h))
					if was != is {
						t.Fatalf("%s of %q cost %s at hour %d and costs %s after the import", model, provider, was, h, is)
					}
				}
			}
		}
		if d := cmp.Diff(entriesOf(before, overridden), entriesOf(after, overridden)); d != "" {
			t.Fatal("an override was changed", d)
		}
		for _, m := range l.Models {
			key := [2]string{m.Provider, m.Model}
			says := &v1alpha1.PriceTable{}
			says.Spec.Models = m.Prices
			if want, is := answer(says, key[0], key[1], hour(0)), answer(after, key[0], key[1], hour(0)); !overridden[key] && want != is {
				t.Fatalf("%v costs %s at the import and the list says %s", key, is, want)
			}
			if !known[m.Model] {
				for h := -4; h <= 4; h++ {
					if want, is := answer(says, key[0], key[1], hour(h)), answer(after, key[0], key[1], hour(h)); want != is {
						t.Fatalf("new %v costs %s at hour %d and the list says %s", key, is, h, want)
					}
				}
			}
		}
		if _, problems := pricetable.Compile(after); len(problems) > 0 {
			t.Fatal(problems)
		}
		if d := merge.Between(before, after); d.Empty() != diff.Empty() {
			t.Fatalf("the difference is %+v and was told as %+v", d.Changes, diff.Changes)
		}
		if _, second := merge.Merge(after, l, opts); !second.Empty() {
			t.Fatalf("a second import changes %+v", second.Changes)
		}
	})
}
