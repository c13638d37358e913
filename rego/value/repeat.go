package value

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// written is a document and where its objects and arrays stand in it.
type written struct {
	value *ast.Term
	text  string
	spans map[*ast.Term]span
}

type span struct{ from, to int }

// leastRepeated is the length of the shortest text that is looked for: a shorter
// one is read again as fast.
const leastRepeated = 64

// repeated takes the object or array that the first document has in the same place
// if it is written in the same way; nil if not. What begins with the whole text of
// an object ends where that ends.
func (p *parser) repeated(was *ast.Term) *ast.Term {
	at, known := p.first.spans[was]
	if !known || !strings.HasPrefix(p.raw[p.at:], p.first.text[at.from:at.to]) {
		return nil
	}
	p.at += at.to - at.from
	return was
}

func memberOf(t, key *ast.Term) *ast.Term {
	if t == nil {
		return nil
	}
	if obj, ok := t.Value.(ast.Object); ok {
		return obj.Get(key)
	}
	return nil
}

func elementOf(t *ast.Term, i int) *ast.Term {
	if t == nil {
		return nil
	}
	if array, ok := t.Value.(*ast.Array); ok && i < array.Len() {
		return array.Elem(i)
	}
	return nil
}
