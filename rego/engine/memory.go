package engine

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// memory is what evaluations of one review have computed so far, for those that
// share a compiler. It belongs to one goroutine.
type memory struct {
	compiler *ast.Compiler
	cache    topdown.VirtualCache

	store     storage.Store
	documents documents
}

// of returns the memory of a compiler: what evaluations before this one left,
// if they were of the same.
func (m *memory) of(compiler *ast.Compiler) topdown.VirtualCache {
	if m.compiler != compiler {
		m.compiler, m.cache = compiler, topdown.NewVirtualCache()
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

// forget drops everything. After an error a rule may be remembered as undefined
// that is none: the next policy that needs it must run into the error itself.
func (m *memory) forget() { *m = memory{} }
