package value

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// escaped reads a string that has escapes from its first one on; encoding/json
// knows how to undo them.
func (p *parser) escaped(start, i int) (*ast.Term, error) {
	for ; i < len(p.raw); i++ {
		switch c := p.raw[i]; {
		case c == '\\':
			i++
		case c == '"':
			var s string
			quoted := []byte(p.raw[start-1 : i+1])
			if err := json.Unmarshal(quoted, &s); err != nil {
				return nil, p.fail("a string has a malformed escape")
			}
			if !utf8.Valid(quoted) {
				return nil, p.fail("a string is not valid UTF-8")
			}
			p.at = i + 1
			p.Texts.look(s)
			return p.stringTerm(s), nil
		case c < 0x20:
			p.at = i
			return nil, p.fail("a control character in a string is not escaped")
		}
	}
	return nil, p.fail("the JSON ends in the middle of a string")
}
