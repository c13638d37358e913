package price

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Table is what models cost. It never changes after NewTable and may be used
// by many goroutines. A nil Table prices nothing.
type Table struct {
	entries   map[key][]*compiled // ascending by from, one for each instant
	providers map[string][]string // model to the named providers that list it, sorted
	problems  []Problem
	digest    string
}

type key struct{ provider, model string }

// Problem says why an entry of a table prices nothing.
type Problem struct {
	Provider, Model string
	// From is the instant from which the model is unpriced; the zero time, or
	// 1970, for always.
	From   time.Time
	Reason Reason
	Detail string
}

// String is one line for a person.
func (p Problem) String() string {
	e := UnpricedError{Provider: p.Provider, Model: p.Model, Detail: p.Detail}
	if p.From.Unix() <= 0 {
		return e.Error()
	}
	return e.Error() + " (from " + p.From.UTC().Format(time.RFC3339) + ")"
}

// NewTable builds a table of entries in any order. An entry that cannot be
// used makes its model unpriced while it would be in force, and harms no
// other; Problems tells which.
func NewTable(entries []Entry) *Table {
	t := &Table{
		entries:   make(map[key][]*compiled, len(entries)),
		providers: make(map[string][]string, len(entries)),
		digest:    digest(entries),
	}
	for i := range entries {
		c := entries[i].compile()
		k := key{c.provider, c.model}
		t.entries[k] = append(t.entries[k], c)
	}
	for k, list := range t.entries {
		if k.provider != "" {
			t.providers[k.model] = append(t.providers[k.model], k.provider)
		}
		slices.SortStableFunc(list, func(a, b *compiled) int { return a.from.Compare(b.from) })
		t.entries[k] = joinTwice(list)
	}
	for _, list := range t.providers {
		slices.Sort(list)
	}
	for _, list := range t.entries {
		for _, c := range list {
			if c.reason != "" {
				t.problems = append(t.problems, Problem{c.provider, c.model, c.from, c.reason, c.detail})
			}
		}
	}
	slices.SortFunc(t.problems, func(a, b Problem) int {
		if n := strings.Compare(a.Model, b.Model); n != 0 {
			return n
		}
		if n := strings.Compare(a.Provider, b.Provider); n != 0 {
			return n
		}
		return a.From.Compare(b.From)
	})
	return t
}

// joinTwice replaces entries of the same instant by one that is unpriced:
// nobody can say which of them is meant.
func joinTwice(list []*compiled) []*compiled {
	out := list[:0]
	for _, c := range list {
		if n := len(out); n > 0 && out[n-1].from.Equal(c.from) {
			out[n-1] = &compiled{
				provider: c.provider, model: c.model, from: c.from, mode: c.mode, reason: PricedTwice,
				detail: fmt.Sprintf("it is priced more than once from %s: keep one of these prices", c.from.Format(time.RFC3339)),
			}
			continue
		}
		out = append(out, c)
	}
	return out
}

// Lookup returns the rate of a model at an instant: that of the provider by
// name, else that of any provider (the empty name), else, when provider is
// empty because it is not known, that of the only provider which lists the
// model. Of several effective dates the latest that has begun holds. When
// there is no such rate the error is an UnpricedError.
func (t *Table) Lookup(provider, model string, at time.Time) (Rate, error) {
	c, reason := t.find(provider, model, at)
	if reason == "" {
		return Rate{c}, nil
	}
	e := &UnpricedError{Provider: provider, Model: model, At: at, Reason: reason}
	switch {
	case c != nil:
		e.Detail = c.detail
	case reason == NotYet:
		e.Detail = fmt.Sprintf("its first price begins after %s: add a price with an earlier effectiveFrom", at.UTC().Format(time.RFC3339))
	case reason == Ambiguous:
		e.Detail = fmt.Sprintf("the provider is not known and %s list it: add a price with an empty provider",
			strings.Join(t.providers[model], ", "))
	default:
		e.Detail = `no price table lists it: add it, or take it from a list with "tollgate prices import"`
	}
	return Rate{}, e
}

// find returns the entry in force, or why there is none. An entry that is in
// force and bad is returned with its reason.
func (t *Table) find(provider, model string, at time.Time) (*compiled, Reason) {
	if t == nil {
		return nil, NotListed
	}
	listed := false
	list := t.entries[key{provider, model}]
	if c := inForce(list, at); c != nil {
		return c, c.reason
	}
	listed = len(list) > 0
	if provider != "" {
		list = t.entries[key{"", model}]
		if c := inForce(list, at); c != nil {
			return c, c.reason
		}
		return nil, absent(listed || len(list) > 0)
	}
	var only *compiled
	for _, p := range t.providers[model] {
		c := inForce(t.entries[key{p, model}], at)
		listed = true
		if c == nil {
			continue
		}
		if only != nil {
			return nil, Ambiguous
		}
		only = c
	}
	if only == nil {
		return nil, absent(listed)
	}
	return only, only.reason
}

func absent(listed bool) Reason {
	if listed {
		return NotYet
	}
	return NotListed
}

// inForce is the latest entry that has begun, or nil.
func inForce(list []*compiled, at time.Time) *compiled {
	for i := len(list) - 1; i >= 0; i-- {
		if !list[i].from.After(at) {
			return list[i]
		}
	}
	return nil
}

// Changes returns the instants t with from < t < until at which Lookup of
// this model begins to answer from another entry, ascending. Usage over a
// window is split there.
func (t *Table) Changes(provider, model string, from, until time.Time) []time.Time {
	if t == nil {
		return nil
	}
	lists := [][]*compiled{t.entries[key{provider, model}]}
	if provider != "" {
		lists = append(lists, t.entries[key{"", model}])
	} else {
		for _, p := range t.providers[model] {
			lists = append(lists, t.entries[key{p, model}])
		}
	}
	var at []time.Time
	for _, list := range lists {
		for _, c := range list {
			if c.from.After(from) && c.from.Before(until) {
				at = append(at, c.from)
			}
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	at = slices.CompactFunc(at, time.Time.Equal)
	var out []time.Time
	before, beforeReason := t.find(provider, model, from)
	for _, instant := range at {
		c, reason := t.find(provider, model, instant)
		if c != before || reason != beforeReason {
			out = append(out, instant)
		}
		before, beforeReason = c, reason
	}
	return out
}

// Problems are the entries that price nothing, by model, provider and instant.
func (t *Table) Problems() []Problem {
	if t == nil {
		return nil
	}
	return slices.Clone(t.problems)
}

// Priced counts the (provider, model) pairs that have a price at an instant.
func (t *Table) Priced(at time.Time) int {
	if t == nil {
		return 0
	}
	n := 0
	for _, list := range t.entries {
		if c := inForce(list, at); c != nil && c.reason == "" {
			n++
		}
	}
	return n
}

// Digest names the prices: sha256:<hex> over all entries. It does not depend
// on their order, nor on how equal instants were written.
func (t *Table) Digest() string {
	if t == nil {
		return digest(nil)
	}
	return t.digest
}
