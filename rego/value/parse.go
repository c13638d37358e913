package value

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// MaxDepth is how deep arrays and objects may nest.
const MaxDepth = 200

// Error says what is wrong with the JSON and where.
type Error struct {
	// Offset in bytes.
	Offset int
	// Problem in words.
	Problem string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%s (at byte %d)", e.Problem, e.Offset) }

// Parse converts one JSON document. Numbers keep their digits. The value does
// not refer to raw afterwards; its strings share one copy of it.
func Parse(raw []byte) (ast.Value, error) {
	p := parser{raw: raw, copy: string(raw), keys: map[string]*ast.Term{}}
	t, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(p.raw) {
		return nil, p.fail("there is more after the JSON document")
	}
	return t.Value, nil
}

type parser struct {
	raw   []byte
	copy  string
	at    int
	keys  map[string]*ast.Term // objects in lists have the same keys
	terms []ast.Term
	pairs [][2]*ast.Term
	items []*ast.Term
}

// term takes one from a block: a review has thousands of them and lives or
// dies as a whole.
func (p *parser) term(v ast.Value) *ast.Term {
	if len(p.terms) == 0 {
		p.terms = make([]ast.Term, min(max((len(p.raw)-p.at)/24, 8), 256))
	}
	t := &p.terms[0]
	p.terms = p.terms[1:]
	t.Value = v
	return t
}

func (p *parser) fail(format string, args ...any) error {
	return &Error{Offset: p.at, Problem: fmt.Sprintf(format, args...)}
}

func (p *parser) space() {
	for p.at < len(p.raw) {
		switch p.raw[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) (*ast.Term, error) {
	p.space()
	if p.at >= len(p.raw) {
		return nil, p.fail("the JSON ends in the middle of a value")
	}
	switch c := p.raw[p.at]; {
	case c == '{':
		return p.object(depth + 1)
	case c == '[':
		return p.array(depth + 1)
	case c == '"':
		return p.text()
	case c == '-' || (c >= '0' && c <= '9'):
		return p.number()
	case c == 't':
		return ast.InternedTerm(true), p.word("true")
	case c == 'f':
		return ast.InternedTerm(false), p.word("false")
	case c == 'n':
		return ast.InternedNullTerm, p.word("null")
	}
	return nil, p.fail("unexpected byte %q", p.raw[p.at])
}

func (p *parser) object(depth int) (*ast.Term, error) {
	if depth > MaxDepth {
		return nil, p.fail("the JSON is nested more than %d deep", MaxDepth)
	}
	p.at++
	from := len(p.pairs)
	for first := true; ; first = false {
		p.space()
		if p.at < len(p.raw) && p.raw[p.at] == '}' && first {
			p.at++
			break
		}
		if p.at >= len(p.raw) || p.raw[p.at] != '"' {
			return nil, p.fail("a key was expected")
		}
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		p.space()
		if p.at >= len(p.raw) || p.raw[p.at] != ':' {
			return nil, p.fail("a colon was expected")
		}
		p.at++
		val, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		p.pairs = append(p.pairs, [2]*ast.Term{key, val})
		p.space()
		if p.at >= len(p.raw) || (p.raw[p.at] != ',' && p.raw[p.at] != '}') {
			return nil, p.fail("a comma or the end of the object was expected")
		}
		p.at++
		if p.raw[p.at-1] == '}' {
			break
		}
	}
	pairs := p.pairs[from:]
	obj := ast.NewObject(pairs...)
	if obj.Len() != len(pairs) || repeated(pairs) {
		return nil, p.fail("the key %s occurs twice in one object", duplicate(pairs))
	}
	clear(pairs)
	p.pairs = p.pairs[:from]
	return p.term(obj), nil
}

// repeated looks at small objects pair by pair, because NewObject may keep the
// count of pairs although a key came twice.
func repeated(pairs [][2]*ast.Term) bool {
	if len(pairs) > 8 {
		return duplicate(pairs) != ""
	}
	for i := range pairs {
		for j := range i {
			if pairs[i][0].Value.(ast.String) == pairs[j][0].Value.(ast.String) {
				return true
			}
		}
	}
	return false
}

func duplicate(pairs [][2]*ast.Term) string {
	seen := make(map[ast.String]bool, len(pairs))
	for _, pair := range pairs {
		key := pair[0].Value.(ast.String)
		if seen[key] {
			return fmt.Sprintf("%q", string(key))
		}
		seen[key] = true
	}
	return ""
}

func (p *parser) array(depth int) (*ast.Term, error) {
	if depth > MaxDepth {
		return nil, p.fail("the JSON is nested more than %d deep", MaxDepth)
	}
	p.at++
	from := len(p.items)
	for first := true; ; first = false {
		p.space()
		if p.at < len(p.raw) && p.raw[p.at] == ']' && first {
			p.at++
			break
		}
		item, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		p.items = append(p.items, item)
		p.space()
		if p.at >= len(p.raw) || (p.raw[p.at] != ',' && p.raw[p.at] != ']') {
			return nil, p.fail("a comma or the end of the array was expected")
		}
		p.at++
		if p.raw[p.at-1] == ']' {
			break
		}
	}
	items := append([]*ast.Term(nil), p.items[from:]...)
	clear(p.items[from:])
	p.items = p.items[:from]
	return p.term(ast.NewArray(items...)), nil
}
