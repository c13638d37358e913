package engine

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// memory is what evaluations of one review have computed so far, for those that
// share a compiler. It belongs to one goroutine.
type memory struct {
	compiler *ast.Compiler
	cache    topdown.VirtualCache
	held     map[string]bool // conditions, not negated

	store     storage.Store
	documents documents
}

// of returns the memory of a compiler: what evaluations before this one left,
// if they were of the same.
func (m *memory) of(compiler *ast.Compiler) topdown.VirtualCache {
	if m.compiler != compiler {
		m.compiler, m.cache, m.held = compiler, topdown.NewVirtualCache(), nil
	}
	return m.cache
}

// read returns what was read from a store.
func (m *memory) read(store storage.Store) topdown.BaseCache {
	if m.store != store {
		m.store, m.documents = store, documents{}
	}
	return m.documents
}

// holds says whether a condition holds before it is negated, and whether that can
// be known.
func (m *memory) holds(ctx context.Context, ask func(ast.Body) *topdown.Query, c *condition) (holds, known bool) {
	if holds, known = m.held[c.text]; known {
		return holds, true
	}
	err := ask(c.query).Iter(ctx, func(topdown.QueryResult) error {
		holds = true
		return nil
	})
	if err != nil {
		m.forget()
		return false, false
	}
	if m.held == nil {
		m.held = map[string]bool{}
	}
	m.held[c.text] = holds
	return holds, true
}

// forget drops everything. After an error a rule may be remembered as undefined
// that is none: the next policy that needs it must run into the error itself.
func (m *memory) forget() { *m = memory{} }
