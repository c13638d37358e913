package merge

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/pricetable/importer"
)

// Options of Merge.
type Options struct {
	// EffectiveFrom is the instant from which changed prices hold. Seconds and
	// less are cut off.
	EffectiveFrom time.Time
	// Prune removes models that came from the same list's format and that it no
	// longer names, with their history.
	Prune bool
	// Only, when not nil, limits what may count as gone from the list to the
	// models that the import chose.
	Only func(provider, model string) bool
}

// Merge returns what a PriceTable becomes with a list, and the difference. The
// current table may be nil and is not changed.
func Merge(current *v1alpha1.PriceTable, list *importer.List, opts Options) (*v1alpha1.PriceTable, *Diff) {
	m := merger{from: opts.EffectiveFrom.UTC().Truncate(time.Minute), models: map[pair][]v1alpha1.ModelPrice{}, diff: &Diff{}}
	next := &v1alpha1.PriceTable{}
	if current != nil {
		next = current.DeepCopy()
	}
	for _, e := range next.Spec.Models {
		e.EffectiveFrom = begin(e.EffectiveFrom)
		m.models[of(&e)] = append(m.models[of(&e)], e)
	}
	for _, entries := range m.models {
		slices.SortStableFunc(entries, byInstant)
	}
	m.known = map[string]bool{}
	for key := range m.models {
		m.known[key.model] = true
	}
	named := map[pair]bool{}
	for i := range list.Models {
		model := &list.Models[i]
		named[pair{model.Provider, model.Model}] = true
		m.take(model)
	}
	for _, left := range slices.Concat(list.Skipped, list.Bad) {
		named[pair{left.Provider, left.Model}] = true
	}
	m.gone(list.Format, named, opts)
	m.diff.EffectiveFrom = m.from
	m.diff.Skipped, m.diff.Bad, m.diff.Notes = list.Skipped, list.Bad, list.Notes
	m.diff.sort()

	next.Spec.Models = nil
	for _, entries := range m.models {
		next.Spec.Models = append(next.Spec.Models, entries...)
	}
	slices.SortStableFunc(next.Spec.Models, func(a, b v1alpha1.ModelPrice) int {
		if n := strings.Compare(a.Provider, b.Provider); n != 0 {
			return n
		}
		if n := strings.Compare(a.Model, b.Model); n != 0 {
			return n
		}
		return byInstant(a, b)
	})
	return next, m.diff
}

type pair struct{ provider, model string }

func of(e *v1alpha1.ModelPrice) pair { return pair{e.Provider, e.Model} }

// begin is an effectiveFrom with the default of the field when it is left out.
func begin(t metav1.Time) metav1.Time {
	if t.IsZero() {
		return metav1.NewTime(time.Unix(0, 0).UTC())
	}
	return metav1.NewTime(t.UTC())
}

func byInstant(a, b v1alpha1.ModelPrice) int {
	return a.EffectiveFrom.Compare(b.EffectiveFrom.Time)
}

type merger struct {
	from   time.Time
	models map[pair][]v1alpha1.ModelPrice // ascending
	known  map[string]bool                // the models of the present table, whoever serves them
	diff   *Diff
}

// take brings one model of the list in.
func (m *merger) take(model *importer.Model) {
	key := pair{model.Provider, model.Model}
	listed := slices.Clone(model.Prices)
	for i := range listed {
		listed[i].EffectiveFrom = begin(listed[i].EffectiveFrom)
	}
	have := m.models[key]
	if len(have) == 0 && !m.known[key.model] {
		// Nothing priced it before, so that it may hold from always. Where
		// another provider's price, or that of any, stood in for it, it may not.
		m.models[key] = listed
		for i := range listed {
			m.diff.add(Added, nil, &listed[i], "")
		}
		return
	}
	if slices.ContainsFunc(have, func(e v1alpha1.ModelPrice) bool { return e.Override }) {
		now, _ := inForce(have, m.from)
		says, _ := inForce(listed, m.from)
		if says != nil && (now == nil || !importer.SamePrice(now, says)) {
			m.diff.add(OverrideKept, now, says, "")
		} else {
			m.diff.Unchanged++
		}
		return
	}
	changed := false
	for i := range listed {
		at := listed[i]
		if !at.EffectiveFrom.After(m.from) {
			if i+1 < len(listed) && !listed[i+1].EffectiveFrom.After(m.from) {
				continue // the list's own past
			}
			at.EffectiveFrom = metav1.NewTime(m.from)
		}
		changed = m.put(key, at) || changed
	}
	if !changed {
		m.diff.Unchanged++
	}
}

// put makes a price hold from its instant on, if another one holds then.
func (m *merger) put(key pair, e v1alpha1.ModelPrice) bool {
	have := m.models[key]
	now, twice := inForce(have, e.EffectiveFrom.Time)
	if now != nil && !twice && importer.SamePrice(now, &e) {
		return false
	}
	kind, detail := Changed, ""
	if len(have) == 0 {
		kind = Added
	}
	if twice {
		detail = "it was priced twice"
	}
	m.diff.add(kind, now, &e, detail)
	have = slices.DeleteFunc(slices.Clone(have), func(old v1alpha1.ModelPrice) bool { return old.EffectiveFrom.Time.Equal(e.EffectiveFrom.Time) })
	have = append(have, e)
	slices.SortStableFunc(have, byInstant)
	m.models[key] = have
	return true
}

// inForce is the latest entry that has begun, or nil, and whether there are
// two of that instant.
func inForce(entries []v1alpha1.ModelPrice, at time.Time) (*v1alpha1.ModelPrice, bool) {
	for i := len(entries) - 1; i >= 0; i-- {
		if !entries[i].EffectiveFrom.After(at) {
			e := entries[i]
			return &e, i > 0 && entries[i-1].EffectiveFrom.Time.Equal(e.EffectiveFrom.Time)
		}
	}
	return nil, false
}

// gone looks for models that an earlier import of the same format brought in
// and that the list does not name any more.
func (m *merger) gone(format importer.Format, named map[pair]bool, opts Options) {
	for key, entries := range m.models {
		last := entries[len(entries)-1]
		switch {
		case named[key], last.Source == nil, last.Source.Format != string(format):
			continue
		case opts.Only != nil && !opts.Only(key.provider, key.model):
			continue
		case slices.ContainsFunc(entries, func(e v1alpha1.ModelPrice) bool { return e.Override }):
			continue
		}
		if !opts.Prune {
			m.diff.add(GoneKept, &last, nil, "")
			continue
		}
		for i := range entries {
			m.diff.add(Removed, &entries[i], nil, "")
		}
		delete(m.models, key)
	}
}
