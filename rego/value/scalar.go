package value

import (
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// maxNumber bounds the length of a number in bytes and maxExponent its
// exponent: 1e1000000000 is short, and gigabytes as an integer.
const (
	maxNumber   = 400
	maxExponent = 400
)

func (p *parser) word(w string) error {
	if len(p.raw)-p.at < len(w) || p.raw[p.at:p.at+len(w)] != w {
		return p.fail("unexpected word")
	}
	p.at += len(w)
	return nil
}

func (p *parser) number() (*ast.Term, error) {
	start := p.at
	digits := func() int {
		n := 0
		for p.at < len(p.raw) && p.raw[p.at] >= '0' && p.raw[p.at] <= '9' {
			p.at++
			n++
		}
		return n
	}
	if p.raw[p.at] == '-' {
		p.at++
	}
	lead := p.at
	if n := digits(); n == 0 || (n > 1 && p.raw[lead] == '0') {
		return nil, p.fail("a number is malformed")
	}
	if p.at < len(p.raw) && p.raw[p.at] == '.' {
		p.at++
		if digits() == 0 {
			return nil, p.fail("a number is malformed")
		}
	}
	if p.at < len(p.raw) && (p.raw[p.at] == 'e' || p.raw[p.at] == 'E') {
		p.at++
		if p.at < len(p.raw) && (p.raw[p.at] == '+' || p.raw[p.at] == '-') {
			p.at++
		}
		from := p.at
		if digits() == 0 {
			return nil, p.fail("a number is malformed")
		}
		exponent := 0
		for _, c := range []byte(p.raw[from:p.at]) {
			if exponent = exponent*10 + int(c-'0'); exponent > maxExponent {
				return nil, p.fail("a number's exponent is beyond %d", maxExponent)
			}
		}
	}
	text := p.raw[start:p.at]
	if len(text) > maxNumber {
		return nil, p.fail("a number has more than %d characters", maxNumber)
	}
	if t := ast.InternedIntNumberTermFromString(text); t != nil {
		return t, nil
	}
	return p.term(ast.Number(text)), nil
}

// key reads the name of a member.
func (p *parser) key() (*ast.Term, error) {
	start := p.at + 1
	for i := start; i < len(p.raw) && i-start < maxKnownKey; i++ {
		switch c := p.raw[i]; {
		case c == '"':
			if t := p.known(p.raw[start:i]); t != nil {
				p.at = i + 1
				return t, nil
			}
			t, err := p.text()
			if err == nil {
				p.remember(p.raw[start:i], t)
			}
			return t, err
		case c == '\\' || c < 0x20:
			return p.text()
		}
	}
	return p.text()
}

func (p *parser) text() (*ast.Term, error) {
	p.at++
	start := p.at
	ascii, dollar := true, false
	for i := start; i < len(p.raw); i++ {
		switch c := p.raw[i]; {
		case c == '"':
			if !ascii && !utf8.ValidString(p.raw[start:i]) {
				return nil, p.fail("a string is not valid UTF-8")
			}
			p.at = i + 1
			text := p.raw[start:i]
			p.Texts.Template = p.Texts.Template || dollar && strings.Contains(text, "${")
			p.Texts.Control = p.Texts.Control || !ascii && strings.ContainsFunc(text, control)
			return p.stringTerm(text), nil
		case c == '\\':
			return p.escaped(start, i)
		case c == '$':
			dollar = true
		case c >= 0x7f: // DEL is as rare as what is not ASCII
			ascii = false
		case c < 0x20:
			p.at = i
			return nil, p.fail("a control character in a string is not escaped")
		}
	}
	return nil, p.fail("the JSON ends in the middle of a string")
}

func (p *parser) stringTerm(s string) *ast.Term {
	return p.term(ast.InternedValue(s))
}
