package engine

import (
	"github.com/open-policy-agent/opa/v1/ast"
)

// documents are those of the inventory that evaluations of one review have read,
// as OPA asks for them. Without it each evaluation reads them again.
type documents map[int]document // by the hash of their reference

type document struct {
	path  []ast.Value // scalars: OPA asks the store for nothing else
	value ast.Value
}

// Get implements topdown.BaseCache.
func (d documents) Get(ref ast.Ref) ast.Value {
	if found, ok := d[ref.Hash()]; ok && found.is(ref) {
		return found.value
	}
	return nil
}

// Put implements topdown.BaseCache. OPA goes on to write into the reference.
func (d documents) Put(ref ast.Ref, value ast.Value) {
	path := make([]ast.Value, len(ref))
	for i, t := range ref {
		path[i] = t.Value
	}
	d[ref.Hash()] = document{path, value}
}

func (d *document) is(ref ast.Ref) bool {
	if len(ref) != len(d.path) {
		return false
	}
	for i, t := range ref {
		if t.Value != d.path[i] {
			return false
		}
	}
	return true
}
