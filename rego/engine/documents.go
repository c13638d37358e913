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

// Get implements topdown.BaseCache. It also finds what stands inside of a document
// that was read: who iterates over a list reads the list and then each element.
func (d documents) Get(ref ast.Ref) ast.Value {
	for n := len(ref); n > 0; n-- {
		found, ok := d[ref[:n].Hash()]
		if !ok || !found.is(ref[:n]) {
			continue
		}
		if n == len(ref) {
			return found.value
		}
		if inner, err := found.value.Find(ref[n:]); err == nil {
			return inner
		}
		return nil
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
