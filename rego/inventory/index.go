package inventory

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// objectKey names one object. The version of its API makes no difference: one
// object may be seen in several.
type objectKey struct{ group, kind, namespace, name string }

func (k objectKey) compare(o objectKey) int {
	for _, c := range [4]int{
		strings.Compare(k.kind, o.kind), strings.Compare(k.group, o.group),
		strings.Compare(k.namespace, o.namespace), strings.Compare(k.name, o.name),
	} {
		if c != 0 {
			return c
		}
	}
	return 0
}

// qualified is namespace/name.
func (k objectKey) qualified() string { return k.namespace + "/" + k.name }

// entry is what one object adds to a document below one key.
type entry[V any] struct {
	key   string
	value V
}

// index is a document to which objects add values. A key shows what all
// objects have added below it, rendered together, so that two objects of one
// key (two Ingresses of a host) are both seen, and one leaves without the
// other.
type index[V comparable] struct {
	render func(key string, all []V) ast.Value

	added map[objectKey][]entry[V]
	below map[string][]objectKey // sorted
	dirty map[string]struct{}
	table *table[ast.Value]
	last  *tableDocument
}

// newIndex returns an empty index. render makes the value of a key from what
// objects added below it, in the order of kind, namespace and name; nil leaves
// the key out.
func newIndex[V comparable](render func(key string, all []V) ast.Value) *index[V] {
	return &index[V]{
		render: render,
		added:  map[objectKey][]entry[V]{},
		below:  map[string][]objectKey{},
		dirty:  map[string]struct{}{},
		table:  newTable[ast.Value](),
	}
}

// set replaces what an object adds; nothing removes it.
func (x *index[V]) set(k objectKey, entries ...entry[V]) {
	before := x.added[k]
	if slices.Equal(before, entries) {
		return
	}
	for _, e := range before {
		x.dirty[e.key] = struct{}{}
		if i, ok := slices.BinarySearchFunc(x.below[e.key], k, objectKey.compare); ok {
			x.below[e.key] = slices.Delete(x.below[e.key], i, i+1)
		}
	}
	if len(entries) == 0 {
		delete(x.added, k)
		return
	}
	x.added[k] = entries
	for _, e := range entries {
		x.dirty[e.key] = struct{}{}
		if i, ok := slices.BinarySearchFunc(x.below[e.key], k, objectKey.compare); !ok {
			x.below[e.key] = slices.Insert(x.below[e.key], i, k)
		}
	}
}

// freeze renders the keys that changed and returns the document.
func (x *index[V]) freeze() *tableDocument {
	for key := range x.dirty {
		x.refresh(key)
	}
	clear(x.dirty)
	if snapshot := x.table.freeze(); x.last == nil || x.last.entries != snapshot {
		x.last = newTableDocument(snapshot)
	}
	return x.last
}

func (x *index[V]) refresh(key string) {
	objects := x.below[key]
	if len(objects) == 0 {
		delete(x.below, key)
		x.table.remove(key)
		return
	}
	all := make([]V, 0, len(objects))
	for _, k := range objects {
		for _, e := range x.added[k] {
			if e.key == key {
				all = append(all, e.value)
			}
		}
	}
	if v := x.render(key, all); v != nil {
		x.table.set(key, v)
	} else {
		x.table.remove(key)
	}
}
