package importer

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/price"
)

// price is the draft as a PriceTable's entry.
func (d *draft) price(provider, model string, source *v1alpha1.PriceSource) v1alpha1.ModelPrice {
	d.dropEchoes()
	p := v1alpha1.ModelPrice{
		Provider: provider, Model: model,
		Mode: cmp.Or(d.mode, v1alpha1.Chat), Rates: d.base.export(), Source: source,
	}
	if !d.from.IsZero() {
		p.EffectiveFrom = metav1.NewTime(d.from)
	}
	if d.perRequest != nil && *d.perRequest > 0 {
		text := FormatPrice(*d.perRequest)
		p.PerRequest = &text
	}
	below := rates{}
	for k, v := range d.base {
		below[k] = v
	}
	for _, above := range d.starts() {
		changed := rates{}
		for k, v := range d.tiers[above] {
			if was, ok := below[k]; !ok || was != v {
				changed[k], below[k] = v, v
			}
		}
		if len(changed) > 0 { // a tier that changes nothing is none
			p.Tiers = append(p.Tiers, v1alpha1.Tier{AboveTokens: above, Rates: changed.export()})
		}
	}
	return p
}

// starts are the beginnings of the tiers, ascending.
func (d *draft) starts() []int64 {
	var all []int64
	for above := range d.tiers {
		all = append(all, above)
	}
	slices.Sort(all)
	return all
}

// dropEchoes leaves out a price that only repeats the one that would stand in
// for it, at every length. A list that gives reasoning at the output's price,
// and a dearer output for long contexts without naming reasoning again, means
// reasoning to become dearer too; written out, it would stay cheap.
func (d *draft) dropEchoes() {
	for kind, other := range map[price.Kind]price.Kind{price.CacheRead: price.Input, price.CacheWrite: price.Input, price.Reasoning: price.Output} {
		v, ok := d.base[kind]
		instead, there := d.base[other]
		echo := ok && there && v == instead
		for _, above := range d.starts() {
			if v, ok := d.tiers[above][other]; ok {
				instead = v
			}
			if v, ok := d.tiers[above][kind]; ok && v != instead {
				echo = false
			}
		}
		if !echo {
			continue
		}
		delete(d.base, kind)
		for _, tier := range d.tiers {
			delete(tier, kind)
		}
	}
}
