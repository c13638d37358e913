package merge

import (
	"slices"
	"strings"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/pricetable/importer"
)

// Kind is what happens to a price.
type Kind int

// The kinds, in the order in which they are shown.
const (
	Added Kind = iota
	Changed
	Removed
	OverrideKept
	GoneKept
)

// Change is what happens to one price.
type Change struct {
	Kind            Kind
	Provider, Model string
	// From is the instant from which it happens; 1970 means always.
	From time.Time
	// Old is the price before and New the price after; of a kept override New
	// is what the list says. Nil when there is none.
	Old, New *v1alpha1.ModelPrice
	// Detail is a remark, or empty.
	Detail string
}

// Diff is what an import changes, keeps and leaves out.
type Diff struct {
	EffectiveFrom time.Time
	Changes       []Change
	// Unchanged counts the models for which list and table agree.
	Unchanged int
	// Skipped, Bad and Notes are the list's.
	Skipped, Bad []importer.Left
	Notes        []importer.Note
}

// Empty tells whether the table stays as it is.
func (d *Diff) Empty() bool {
	return d.Count(Added)+d.Count(Changed)+d.Count(Removed) == 0
}

// Count is the number of changes of a kind.
func (d *Diff) Count(k Kind) int {
	n := 0
	for i := range d.Changes {
		if d.Changes[i].Kind == k {
			n++
		}
	}
	return n
}

func (d *Diff) add(kind Kind, before, after *v1alpha1.ModelPrice, detail string) {
	e := after
	if e == nil || kind == OverrideKept && before != nil {
		e = before
	}
	c := Change{Kind: kind, Provider: e.Provider, Model: e.Model, From: e.EffectiveFrom.UTC(), Detail: detail}
	if before != nil {
		c.Old = before.DeepCopy()
	}
	if after != nil {
		c.New = after.DeepCopy()
	}
	d.Changes = append(d.Changes, c)
}

func (d *Diff) sort() {
	slices.SortStableFunc(d.Changes, func(a, b Change) int {
		if a.Kind != b.Kind {
			return int(a.Kind - b.Kind)
		}
		if n := strings.Compare(a.Provider, b.Provider); n != 0 {
			return n
		}
		if n := strings.Compare(a.Model, b.Model); n != 0 {
			return n
		}
		return a.From.Compare(b.From)
	})
}

// Between is the difference between two tables, entry by entry.
func Between(before, after *v1alpha1.PriceTable) *Diff {
	type key struct {
		pair
		at int64
	}
	index := func(t *v1alpha1.PriceTable) map[key]*v1alpha1.ModelPrice {
		out := map[key]*v1alpha1.ModelPrice{}
		if t == nil {
			return out
		}
		for i := range t.Spec.Models {
			e := t.Spec.Models[i].DeepCopy()
			e.EffectiveFrom = begin(e.EffectiveFrom)
			out[key{of(e), e.EffectiveFrom.UnixNano()}] = e
		}
		return out
	}
	d := &Diff{}
	was, is := index(before), index(after)
	for k, e := range is {
		switch old := was[k]; {
		case old == nil:
			d.add(Added, nil, e, "")
		case !importer.SamePrice(old, e):
			d.add(Changed, old, e, "")
		default:
			d.Unchanged++
		}
	}
	for k, e := range was {
		if is[k] == nil {
			d.add(Removed, e, nil, "")
		}
	}
	d.sort()
	return d
}
