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
	// mark is this cell's own.
	mark *byte

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

func newRendered(known map[string]element) *rendered {
	return &rendered{known: known, mark: new(byte)}
}

// cell returns a key's cell, to be rendered by whoever is first.
func (m *remembered) cell(key string) *rendered {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.cells[key]
	if r == nil {
		r = newRendered(nil)
		m.cells[strings.Clone(key)] = r
	}
	return r
}

// after returns what is still known in a snapshot in which some cells changed.
func (m *remembered) after(next *frozenTexts, changed map[string]draft) *remembered {
	still := &remembered{cells: map[string]*rendered{}}
	if m == nil {
		return still
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, r := range m.cells {
		if _, ok := changed[key]; !ok {
			still.cells[key] = r
			continue
		}
		known := r.known
		if r.done.Load() {
			known = r.elements
		}
		if text, _ := next.get(key); cell(text).large() && known != nil {
			still.cells[key] = newRendered(known)
		}
	}
	return still
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
