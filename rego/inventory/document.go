package inventory

import (
	"strconv"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// document is one part of the tree that policies read. Documents never change
// and are read from many goroutines.
type document interface {
	// find returns what stands below path; the whole document for an empty one.
	// False means that nothing does.
	find(path []string) (ast.Value, bool)
}

// stamped is a document that renders its values.
type stamped interface {
	document
	stamp(path []string) (of any, ok bool)
}

// fixed is a document that is a value already.
type fixed struct{ value ast.Value }

func (d fixed) find(path []string) (ast.Value, bool) { return descend(d.value, path) }

// tableDocument is a document with one value per key, rendered when it is read.
// The whole of it, which only a policy that iterates asks for, is put together
// when it is first read.
type tableDocument[V any] struct {
	entries *frozen[V]
	render  func(V) ast.Value
	whole   func() ast.Value
}

func newTableDocument[V any](entries *frozen[V], render func(V) ast.Value) *tableDocument[V] {
	return &tableDocument[V]{entries: entries, render: render, whole: sync.OnceValue(func() ast.Value {
		pairs := make([][2]*ast.Term, 0, entries.size)
		for k, v := range entries.all() {
			pairs = append(pairs, [2]*ast.Term{ast.StringTerm(k), ast.NewTerm(render(v))})
		}
		return ast.NewObject(pairs...)
	})}
}

func (d *tableDocument[V]) find(path []string) (ast.Value, bool) {
	if len(path) == 0 {
		return d.whole(), true
	}
	v, ok := d.entries.get(path[0])
	if !ok {
		return nil, false
	}
	return descend(d.render(v), path[1:])
}

// stamp is what the value below path is rendered from: later snapshots share it
// as long as it stays the same.
func (d *tableDocument[V]) stamp(path []string) (any, bool) {
	if len(path) == 0 {
		return nil, false
	}
	v, ok := d.entries.get(path[0])
	return v, ok
}

// folder is a document made of documents.
type folder struct {
	children map[string]document
	whole    func() ast.Value
}

func newFolder(children map[string]document) *folder {
	return &folder{children: children, whole: sync.OnceValue(func() ast.Value {
		pairs := make([][2]*ast.Term, 0, len(children))
		for k, d := range children {
			if v, ok := d.find(nil); ok {
				pairs = append(pairs, [2]*ast.Term{ast.StringTerm(k), ast.NewTerm(v)})
			}
		}
		return ast.NewObject(pairs...)
	})}
}

func (d *folder) find(path []string) (ast.Value, bool) {
	if len(path) == 0 {
		return d.whole(), true
	}
	child, ok := d.children[path[0]]
	if !ok {
		return nil, false
	}
	return child.find(path[1:])
}

// computed is a document whose values are made when they are read.
type computed struct {
	// of makes the value of a key.
	of func(key string) (ast.Value, bool)
	// all makes the whole document; nil when it has no end, as host_owner has
	// none: then it answers ground look-ups only.
	all func() ast.Value
}

func (d computed) find(path []string) (ast.Value, bool) {
	if len(path) == 0 {
		if d.all == nil {
			return nil, false
		}
		return d.all(), true
	}
	v, ok := d.of(path[0])
	if !ok {
		return nil, false
	}
	return descend(v, path[1:])
}

// descend follows a path into a value, as OPA's own stores do: object keys are
// strings, and array indices are decimal numbers without a leading zero.
func descend(v ast.Value, path []string) (ast.Value, bool) {
	for _, step := range path {
		var next *ast.Term
		switch v := v.(type) {
		case ast.Object:
			next = v.Get(ast.InternedTerm(step))
		case *ast.Array:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= v.Len() || strconv.Itoa(i) != step {
				return nil, false
			}
			next = v.Elem(i)
		}
		if next == nil {
			return nil, false
		}
		v = next.Value
	}
	return v, true
}
