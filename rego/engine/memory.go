package engine

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// memory is what evaluations of one review have computed so far, for those that
// share a compiler. It belongs to one goroutine.
type memory struct {
	compiler *ast.Compiler
	cache    topdown.VirtualCache
}

// of returns the memory of a compiler: what evaluations before this one left,
// if they were of the same.
func (m *memory) of(compiler *ast.Compiler) topdown.VirtualCache {
	if m.compiler != compiler {
		m.compiler, m.cache = compiler, topdown.NewVirtualCache()
	}
	return m.cache
}

// forget drops everything. After an error a rule may be remembered as undefined
// that is none: the next policy that needs it must run into the error itself.
func (m *memory) forget() { *m = memory{} }
