package inventory

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"
)

// remembered is the large cells of a document that somebody has read, rendered.
// Those of a few hundred bytes are rendered again for each who reads them, which
// takes a microsecond; thousands of routes that share a host would take as
// long as all policies together.
type remembered struct {
	mu    sync.Mutex
	cells map[string]*rendered
}

// rendered is a large cell as OPA's value.
type rendered struct {
	// known are the elements that an earlier snapshot rendered, by their texts.
	known map[string]element

	once     sync.Once
	done     atomic.Bool
	elements map[string]element // nil where the value is not a list
	value    ast.Value
}

// element is one contribution of a list, rendered. Its text is a copy, which
// keeps no cell in memory.
type element struct {
	text string
	term *ast.Term
}

// cell returns a key's cell, to be rendered by whoever is first.
func (m *remembered) cell(key string) *rendered {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.cells[key]
	if r == nil {
		r = &rendered{}
		m.cells[strings.Clone(key)] = r
	}
	return r
}

// after returns what is still known when the cells of some keys changed.
func (m *remembered) after(changed func(key string) bool) *remembered {
	next := &remembered{cells: map[string]*rendered{}}
	if m == nil {
		return next
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, r := range m.cells {
		switch {
		case !changed(key):
			next.cells[key] = r
		case r.done.Load() && r.elements != nil:
			next.cells[key] = &rendered{known: r.elements}
		case r.known != nil:
			next.cells[key] = &rendered{known: r.known}
		}
	}
	return next
}

// list is the array of a cell's elements. Only those are rendered that were not
// known.
func (r *rendered) list(c cell, render func(text string) *ast.Term) ast.Value {
	r.once.Do(func() {
		terms := make([]*ast.Term, 0, c.count())
		r.elements = make(map[string]element, cap(terms))
		for text := range c.each {
			e, ok := r.known[text]
			if !ok {
				e.text = strings.Clone(text)
				e.term = render(e.text)
			}
			r.elements[e.text] = e
			terms = append(terms, e.term)
		}
		r.value = ast.NewArray(terms...)
		r.done.Store(true)
	})
	return r.value
}

// merged is one value of a whole cell.
func (r *rendered) merged(c cell, merge func(cell) ast.Value) ast.Value {
	r.once.Do(func() {
		r.value = merge(c.clone())
		r.done.Store(true)
	})
	return r.value
}
