package value

import (
	"fmt"
	"strings"

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
func Parse(raw []byte) (ast.Value, error) { return new(Parser).Parse(string(raw)) }

// Parser converts the documents of one review. It belongs to one goroutine.
type Parser struct {
	// Repeats tells that the second document says much of the first again, as an
	// object does before and after a change: what stands in the same place in the
	// same words is one value of both. It is set before the first.
	Repeats bool
	// Texts is what stands in the texts of the documents so far.
	Texts Texts

	keys  map[string]*ast.Term // objects in lists have the same keys
	first written
}

// Parse converts one document, as the function does. The value's strings are parts
// of the text.
func (r *Parser) Parse(raw string) (ast.Value, error) {
	p := parser{Parser: r, raw: raw}
	record := r.Repeats && r.first.value == nil
	if record {
		p.spans = make(map[*ast.Term]span, len(raw)/(2*leastRepeated))
	}
	t, err := p.value(0, r.first.value)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(p.raw) {
		return nil, p.fail("there is more after the JSON document")
	}
	if record {
		r.first = written{value: t, text: raw, spans: p.spans}
	}
	return t.Value, nil
}

type parser struct {
	*Parser
	raw   string
	at    int
	spans map[*ast.Term]span // nil: nobody will ask
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

// value reads one; was is what the first document has in its place.
func (p *parser) value(depth int, was *ast.Term) (*ast.Term, error) {
	p.space()
	if p.at >= len(p.raw) {
		return nil, p.fail("the JSON ends in the middle of a value")
	}
	switch c := p.raw[p.at]; {
	case c == '{' || c == '[':
		return p.composite(depth+1, was)
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

// composite reads an object or an array, unless the first document has the
// same in its place.
func (p *parser) composite(depth int, was *ast.Term) (*ast.Term, error) {
	if depth > MaxDepth {
		return nil, p.fail("the JSON is nested more than %d deep", MaxDepth)
	}
	from := p.at
	if t := p.repeated(was); t != nil {
		return t, nil
	}
	read := p.object
	if p.raw[p.at] == '[' {
		read = p.array
	}
	t, err := read(depth, was)
	if err == nil && p.spans != nil && p.at-from >= leastRepeated {
		p.spans[t] = span{from, p.at}
	}
	return t, err
}

func (p *parser) object(depth int, was *ast.Term) (*ast.Term, error) {
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
		p.Texts.Underscore = p.Texts.Underscore || strings.HasPrefix(string(key.Value.(ast.String)), "_")
		p.space()
		if p.at >= len(p.raw) || p.raw[p.at] != ':' {
			return nil, p.fail("a colon was expected")
		}
		p.at++
		val, err := p.value(depth, memberOf(was, key))
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
	if obj.Len() != len(pairs) || ambiguous(pairs) {
		return nil, p.fail("the key %s occurs twice in one object", duplicate(pairs))
	}
	clear(pairs)
	p.pairs = p.pairs[:from]
	return p.term(obj), nil
}

// ambiguous looks at small objects pair by pair, because NewObject may keep the
// count of pairs although a key came twice.
func ambiguous(pairs [][2]*ast.Term) bool {
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

func (p *parser) array(depth int, was *ast.Term) (*ast.Term, error) {
	p.at++
	from := len(p.items)
	for first := true; ; first = false {
		p.space()
		if p.at < len(p.raw) && p.raw[p.at] == ']' && first {
			p.at++
			break
		}
		item, err := p.value(depth, elementOf(was, len(p.items)-from))
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
