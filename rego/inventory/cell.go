package inventory

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"
)

// contribution is what one object adds below one key.
type contribution[V comparable] struct {
	object objectKey
	value  V
}

// cell is what all objects add below one key, in the order of their keys. It
// does not change once a snapshot has it. Policies get it as an ast.Value, which
// takes ten times the memory; so that is made when it is asked for, and remembered
// only where many objects share the key and making it takes long.
type cell[V comparable] struct {
	all []contribution[V]
	// rendered is nil for a small cell.
	rendered *rendered
}

// manyShare is how many contributions make a cell large: some tens take as long
// to render as a policy takes to run.
const manyShare = 32

// rendered is a large cell as OPA's terms.
type rendered struct {
	// known are the elements' terms that an earlier cell had rendered, nil where
	// the element is another now.
	known []*ast.Term

	once  sync.Once
	done  atomic.Bool
	terms []*ast.Term
	value ast.Value
}

// copy returns a cell that may be changed.
func (c *cell[V]) copy() *cell[V] {
	next := &cell[V]{all: slices.Clone(c.all)}
	if c.rendered == nil {
		return next
	}
	known := c.rendered.known
	if c.rendered.done.Load() {
		known = c.rendered.terms
	}
	next.rendered = &rendered{known: slices.Clone(known)}
	return next
}

// of returns where an object's contributions stand.
func (c *cell[V]) of(k objectKey) (from, to int) {
	from, _ = slices.BinarySearchFunc(c.all, k, func(o contribution[V], k objectKey) int {
		return strings.Compare(string(o.object), string(k))
	})
	to = from
	for to < len(c.all) && c.all[to].object == k {
		to++
	}
	return from, to
}

// replace puts values in the place of an object's.
func (c *cell[V]) replace(k objectKey, values []entry[V]) {
	from, to := c.of(k)
	added := make([]contribution[V], len(values))
	for i, e := range values {
		added[i] = contribution[V]{k, e.value}
	}
	c.all = slices.Replace(c.all, from, to, added...)
	switch r := c.rendered; {
	case len(c.all) < manyShare:
		c.rendered = nil
	case r == nil:
		c.rendered = &rendered{known: make([]*ast.Term, len(c.all))}
	default:
		r.known = slices.Replace(r.known, from, to, make([]*ast.Term, len(values))...)
	}
}

// list renders an array with an element for each contribution.
func (c *cell[V]) list(element func(objectKey, V) *ast.Term) ast.Value {
	if c.rendered == nil {
		terms := make([]*ast.Term, len(c.all))
		for i, o := range c.all {
			terms[i] = element(o.object, o.value)
		}
		return ast.NewArray(terms...)
	}
	return c.once(func(r *rendered) ast.Value {
		r.terms = slices.Clone(r.known)
		for i, o := range c.all {
			if r.terms[i] == nil {
				r.terms[i] = element(o.object, o.value)
			}
		}
		return ast.NewArray(r.terms...)
	})
}

// merged renders one value of all contributions.
func (c *cell[V]) merged(merge func([]contribution[V]) ast.Value) ast.Value {
	if c.rendered == nil {
		return merge(c.all)
	}
	return c.once(func(r *rendered) ast.Value {
		r.terms = r.known
		return merge(c.all)
	})
}

func (c *cell[V]) once(render func(*rendered) ast.Value) ast.Value {
	r := c.rendered
	r.once.Do(func() {
		r.value = render(r)
		r.done.Store(true)
	})
	return r.value
}
