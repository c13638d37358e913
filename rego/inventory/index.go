package inventory

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// entry is what one object adds to a document below one key.
type entry[V any] struct {
	key   string
	value V
}

// index is a document to which objects add values. A key shows what all
// objects have added below it, so that two objects of one key (two Ingresses of
// a host) are both seen, and one leaves without the other.
type index[V comparable] struct {
	render func(*cell[V]) ast.Value

	keys    map[objectKey][]string // to which an object adds, sorted
	table   *table[*cell[V]]
	changed map[string]*cell[V] // since the last snapshot
	last    *tableDocument[*cell[V]]
}

// newIndex returns an empty index in which merge makes the value of a key from
// what objects added below it.
func newIndex[V comparable](merge func(all []contribution[V]) ast.Value) *index[V] {
	return indexOf(func(c *cell[V]) ast.Value { return c.merged(merge) })
}

// newListIndex returns an empty index in which the value of a key is an array
// with an element for each value that objects added below it.
func newListIndex[V comparable](element func(objectKey, V) *ast.Term) *index[V] {
	return indexOf(func(c *cell[V]) ast.Value { return c.list(element) })
}

func indexOf[V comparable](render func(*cell[V]) ast.Value) *index[V] {
	return &index[V]{
		render:  render,
		keys:    map[objectKey][]string{},
		table:   newTable[*cell[V]](),
		changed: map[string]*cell[V]{},
	}
}

// set replaces what an object adds; nothing removes it. Below one key, what an
// object adds keeps its order.
func (x *index[V]) set(k objectKey, entries ...entry[V]) {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b entry[V]) int { return strings.Compare(a.key, b.key) })
	var keys []string
	for from := 0; from < len(entries); {
		key, to := entries[from].key, from+1
		for to < len(entries) && entries[to].key == key {
			to++
		}
		keys = append(keys, key)
		x.replace(key, k, entries[from:to])
		from = to
	}
	for _, key := range x.keys[k] {
		if _, still := slices.BinarySearch(keys, key); !still {
			x.replace(key, k, nil)
		}
	}
	if len(keys) == 0 {
		delete(x.keys, k)
		return
	}
	x.keys[k] = slices.Clip(keys)
}

// replace changes what an object adds below one key, if that is another.
func (x *index[V]) replace(key string, k objectKey, entries []entry[V]) {
	c, mine := x.changed[key]
	if !mine {
		c, _ = x.table.get(key)
	}
	if c == nil {
		c, mine = &cell[V]{}, true
	}
	from, to := c.of(k)
	if slices.EqualFunc(c.all[from:to], entries, func(o contribution[V], e entry[V]) bool { return o.value == e.value }) {
		return
	}
	if !mine {
		c = c.copy()
	}
	c.replace(k, entries)
	x.changed[key] = c
}

// freeze returns the document as it is now.
func (x *index[V]) freeze() *tableDocument[*cell[V]] {
	for key, c := range x.changed {
		if len(c.all) == 0 {
			x.table.remove(key)
			continue
		}
		c.all = slices.Clip(c.all)
		x.table.set(key, c)
	}
	x.changed = map[string]*cell[V]{}
	if snapshot := x.table.freeze(); x.last == nil || x.last.entries != snapshot {
		x.last = newTableDocument(snapshot, x.render)
	}
	return x.last
}
