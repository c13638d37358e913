package inventory

import (
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"sync"

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
type index[V any] struct {
	codec codec[V]
	shape shape

	keys    *texts           // to which an object adds, sorted
	cells   *texts           // by key
	changed map[string]draft // cells since the last snapshot
	last    *indexDocument
}

// shape is how a cell becomes a value: a list with an element for each
// contribution, or all merged into one; the other is nil.
type shape struct {
	element func(text string) *ast.Term
	merge   func(cell) ast.Value
}

// newIndex returns an empty index in which merge makes the value of a key from
// what objects added below it.
func newIndex[V any](of codec[V], merge func(all []contribution[V]) ast.Value) *index[V] {
	return indexOf(of, shape{merge: func(c cell) ast.Value { return merge(contributions(c, of)) }})
}

// newListIndex returns an empty index in which the value of a key is an array
// with an element for each value that objects added below it.
func newListIndex[V any](of codec[V], element func(objectKey, V) *ast.Term) *index[V] {
	return indexOf(of, shape{element: func(text string) *ast.Term {
		one := of.contributionOf(text)
		return element(one.object, one.value)
	}})
}

func indexOf[V any](of codec[V], s shape) *index[V] {
	return &index[V]{codec: of, shape: s, keys: newTexts(), cells: newTexts(), changed: map[string]draft{}}
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
	before, _ := x.keys.get(string(k))
	for r := (reader{before}); r.more(); {
		key := r.text()
		if _, still := slices.BinarySearch(keys, key); !still {
			x.replace(key, k, nil)
		}
	}
	if len(keys) == 0 {
		x.keys.remove(string(k))
		return
	}
	var now []byte
	for _, key := range keys {
		now = appendText(now, key)
	}
	x.keys.set(string(k), string(now))
}

// objects yields those that add something below a key.
func (x *index[V]) objects(key string) iter.Seq[objectKey] {
	return func(yield func(objectKey) bool) {
		d, drafted := x.changed[key]
		if !drafted {
			text, _ := x.cells.get(key)
			d = cell(text).clone().draft()
		}
		for _, text := range d {
			if !yield(objectKey(objectOf(text))) {
				return
			}
		}
	}
}

// replace changes what an object adds below one key, if that is another.
func (x *index[V]) replace(key string, k objectKey, entries []entry[V]) {
	added := make([]string, len(entries))
	for i, e := range entries {
		added[i] = x.codec.contribution(k, e.value)
	}
	d, drafted := x.changed[key]
	if !drafted {
		text, _ := x.cells.get(key)
		d = cell(text).draft()
	}
	if from, to := d.of(k); drafted || !slices.Equal(d[from:to], added) {
		x.changed[strings.Clone(key)] = slices.Replace(d, from, to, added...)
	}
}

// freeze returns the document as it is now.
func (x *index[V]) freeze() *indexDocument {
	for key, d := range x.changed {
		if len(d) == 0 {
			x.cells.remove(key)
		} else {
			x.cells.set(key, string(d.cell()))
		}
	}
	cells := x.cells.freeze()
	if x.last == nil || x.last.cells != cells {
		var known *remembered
		if x.last != nil {
			known = x.last.known
		}
		x.last = newIndexDocument(cells, x.shape, known.after(cells, x.changed))
	}
	x.changed = map[string]draft{}
	return x.last
}

// indexDocument is an index at one moment. The whole of it, which only a policy
// that iterates asks for, is put together when it is first read.
type indexDocument struct {
	cells *frozenTexts
	shape shape
	known *remembered
	whole func() ast.Value
}

func newIndexDocument(cells *frozenTexts, s shape, known *remembered) *indexDocument {
	d := &indexDocument{cells: cells, shape: s, known: known}
	d.whole = sync.OnceValue(func() ast.Value {
		pairs := make([][2]*ast.Term, 0, cells.size)
		for key, text := range cells.all() {
			pairs = append(pairs, [2]*ast.Term{ast.StringTerm(strings.Clone(key)), ast.NewTerm(d.value(key, cell(text)))})
		}
		return ast.NewObject(pairs...)
	})
	return d
}

func (d *indexDocument) find(path []string) (ast.Value, bool) {
	if len(path) == 0 {
		return d.whole(), true
	}
	text, ok := d.cells.get(path[0])
	if !ok {
		return nil, false
	}
	return descend(d.value(path[0], cell(text)), path[1:])
}

// value renders a cell. What it returns keeps no shard in memory.
func (d *indexDocument) value(key string, c cell) ast.Value {
	switch {
	case c.large() && d.shape.merge != nil:
		return d.known.cell(key).merged(c, d.shape.merge)
	case c.large():
		return d.known.cell(key).list(c, d.shape.element)
	case d.shape.merge != nil:
		return d.shape.merge(c.clone())
	}
	terms := make([]*ast.Term, 0, c.count())
	for text := range c.clone().each {
		terms = append(terms, d.shape.element(text))
	}
	return ast.NewArray(terms...)
}

// stamp stands for the value below a key: a hash of its cell, or what a large
// cell keeps from one snapshot to the next.
func (d *indexDocument) stamp(path []string) (any, bool) {
	if len(path) == 0 {
		return nil, false
	}
	text, ok := d.cells.get(path[0])
	switch {
	case !ok:
		return nil, false
	case cell(text).large():
		return d.known.cell(path[0]).mark, true
	}
	return maphash.String(d.cells.seed, text), true
}
