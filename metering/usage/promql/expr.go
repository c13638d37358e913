package promql

import (
	"strconv"
	"strings"
	"time"
)

// Expr is an expression whose value is an instant vector.
type Expr struct{ s string }

// String returns the PromQL.
func (e Expr) String() string { return e.s }

// Selector selects series of one metric.
type Selector struct{ s string }

// Select selects the series of a metric that all matchers match.
func Select(metric Name, matchers ...Matcher) Selector {
	var b strings.Builder
	b.WriteString(metric.s)
	b.WriteByte('{')
	for i, m := range matchers {
		if i > 0 {
			b.WriteByte(',')
		}
		m.render(&b)
	}
	b.WriteByte('}')
	return Selector{b.String()}
}

// Range is the samples of a selector in a window of time.
type Range struct{ s string }

// String returns the PromQL. As a query of its own its value is the samples.
func (r Range) String() string { return r.s }

// Over selects the samples of the window of the given length that ended offset
// before the instant of evaluation. Both are rounded down to milliseconds; the
// window must be at least one, and the offset at least zero.
func (s Selector) Over(window, offset time.Duration) Range {
	r := s.s + "[" + duration(window) + "]"
	if offset > 0 {
		r += " offset " + duration(offset)
	}
	return Range{r}
}

func duration(d time.Duration) string {
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}

// Function is a function of PromQL over the samples of a window.
type Function struct{ s string }

// The functions that counting needs. None of them is experimental.
func LastOverTime() Function  { return Function{"last_over_time"} }
func MinOverTime() Function   { return Function{"min_over_time"} }
func SumOverTime() Function   { return Function{"sum_over_time"} }
func CountOverTime() Function { return Function{"count_over_time"} }
func Resets() Function        { return Function{"resets"} }

// Of applies the function.
func (f Function) Of(r Range) Expr { return Expr{f.s + "(" + r.s + ")"} }

// Sum adds up the elements that agree in the labels.
func Sum(e Expr, by ...Name) Expr { return Expr{"sum by (" + list(by) + ") (" + e.s + ")"} }

// Group is 1 for each set of values of the labels.
func Group(e Expr, by ...Name) Expr { return Expr{"group by (" + list(by) + ") (" + e.s + ")"} }

// Minus subtracts element by element; both sides have the same labels.
func (e Expr) Minus(o Expr) Expr { return e.binary("-", o) }

// Or is e and those elements of o whose labels no element of e has.
func (e Expr) Or(o Expr) Expr { return e.binary("or", o) }

// Unless is the elements of e whose labels no element of o has.
func (e Expr) Unless(o Expr) Expr { return e.binary("unless", o) }

// AndOn is the elements of e for which some element of o has the same values of
// the labels.
func (e Expr) AndOn(o Expr, on ...Name) Expr { return e.binary("and on ("+list(on)+")", o) }

// AboveZero keeps the elements that are greater than zero.
func (e Expr) AboveZero() Expr { return Expr{"(" + e.s + " > 0)"} }

// AtLeast keeps the elements that are not less than the one element of o with
// the same values of the labels.
func (e Expr) AtLeast(o Expr, on ...Name) Expr {
	return e.binary(">= on ("+list(on)+") group_left ()", o)
}

func (e Expr) binary(op string, o Expr) Expr {
	return Expr{"(" + e.s + " " + op + " " + o.s + ")"}
}

func list(names []Name) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(n.s)
	}
	return b.String()
}
