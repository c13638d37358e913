package pricetable

import (
	"fmt"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
)

// Problem says which model of a PriceTable is unpriced, from when, and why.
type Problem = price.Problem

// Compile builds the table of a PriceTable object. The problems name every
// entry that prices nothing, ordered by model, provider and instant. A nil
// object gives an empty table.
func Compile(object *v1alpha1.PriceTable) (*price.Table, []Problem) {
	if object == nil {
		return price.NewTable(nil), nil
	}
	entries := make([]price.Entry, 0, len(object.Spec.Models))
	for i := range object.Spec.Models {
		entries = append(entries, Entry(&object.Spec.Models[i]))
	}
	table := price.NewTable(entries)
	return table, table.Problems()
}

// Entry converts one price. What cannot be read is named in the entry's Bad
// field, which makes the model unpriced while the entry is in force; so does a
// price in the wrong unit, unless the object says that a person has set it.
func Entry(m *v1alpha1.ModelPrice) price.Entry {
	e := price.Entry{
		Provider:       m.Provider,
		Model:          m.Model,
		From:           instant(m.EffectiveFrom.Time),
		Mode:           price.Mode(m.Mode),
		PerRequestOnly: m.PerRequestOnly,
		Bounded:        !m.Override,
	}
	r := reader{}
	e.Rates = r.rates("", &m.Rates)
	if m.PerRequest != nil {
		amount := r.price("perRequest", *m.PerRequest)
		e.PerRequest = &amount
	}
	for i := range m.Tiers {
		t := &m.Tiers[i]
		e.Tiers = append(e.Tiers, price.Tier{
			Above: t.AboveTokens,
			Rates: r.rates(fmt.Sprintf(" above %d tokens", t.AboveTokens), &t.Rates),
		})
	}
	e.Bad = r.bad
	return e
}

// instant is the moment of an effectiveFrom; one that was left out is that of
// the field's default.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return t.UTC()
}

// reader parses prices and keeps the first thing that is wrong.
type reader struct{ bad string }

func (r *reader) rates(where string, from *v1alpha1.Rates) price.Rates {
	var out price.Rates
	for _, f := range []struct {
		kind  price.Kind
		value *v1alpha1.Price
	}{
		{price.Input, from.Input},
		{price.Output, from.Output},
		{price.CacheRead, from.CacheRead},
		{price.CacheWrite, from.CacheWrite},
		{price.Reasoning, from.Reasoning},
		{price.AudioInput, from.AudioInput},
		{price.AudioOutput, from.AudioOutput},
		{price.ImageInput, from.ImageInput},
		{price.ImageOutput, from.ImageOutput},
	} {
		if f.value == nil {
			continue
		}
		if out == nil {
			out = price.Rates{}
		}
		out[f.kind] = r.price(f.kind.String()+where, *f.value)
	}
	return out
}

func (r *reader) price(what string, p v1alpha1.Price) money.Amount {
	amount, err := money.Parse(string(p))
	if err != nil && r.bad == "" {
		r.bad = fmt.Sprintf("its %s price %q cannot be read: write US dollars per million tokens, such as \"0.15\", with at most nine decimals", what, shorten(string(p)))
	}
	return amount
}

// shorten keeps a hostile value from filling a message.
func shorten(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}
