package promql

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Name is the name of a metric or a label. The zero Name is not valid in an
// expression.
type Name struct{ s string }

// NewName checks that s can stand unquoted in every PromQL: a letter or _ and
// then letters, digits or _. (Colons belong to recording rules and quoted UTF-8
// names are newer than many servers; neither is taken.)
func NewName(s string) (Name, error) {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return Name{}, fmt.Errorf("%q is not a metric or label name: use letters, digits and _, and no digit in front", s)
		}
	}
	if s == "" {
		return Name{}, fmt.Errorf("a metric or label name is empty: use letters, digits and _")
	}
	return Name{s}, nil
}

// String returns the name.
func (n Name) String() string { return n.s }

// Matcher is one condition of a selector.
type Matcher struct {
	label Name
	op    string
	value string // not quoted yet
}

// Equal matches series whose label has exactly this value; the empty value
// matches series without the label, too.
func Equal(label Name, value string) Matcher { return Matcher{label, "=", value} }

// Matches matches series whose label is, from its beginning to its end, of the
// pattern. (PromQL anchors regular expressions.)
func Matches(label Name, p Pattern) Matcher { return Matcher{label, "=~", p.re} }

func (m Matcher) render(b *strings.Builder) {
	b.WriteString(m.label.s)
	b.WriteString(m.op)
	b.WriteString(quote(m.value))
}

// quote writes a string literal of PromQL, which has the escapes of Go's. What
// is not valid UTF-8 cannot be a label value in Mimir; it is escaped byte by
// byte, so the literal stays whole and matches nothing.
func quote(s string) string { return strconv.Quote(s) }

// Pattern is a regular expression made of literal text and classes.
type Pattern struct{ re string }

// Literal matches s and nothing else. Text that is not valid UTF-8 is in no
// label, so its pattern is one that nothing matches.
func Literal(s string) Pattern {
	if !utf8.ValidString(s) {
		return Pattern{`[^\x00-\x{10FFFF}]`}
	}
	return Pattern{regexp.QuoteMeta(s)}
}

// WithoutDot matches any text of one or more characters that holds no dot.
func WithoutDot() Pattern { return Pattern{`[^.]+`} }

// Then matches p and behind it each of the patterns in turn.
func (p Pattern) Then(next ...Pattern) Pattern {
	for _, n := range next {
		p.re += n.re
	}
	return p
}
