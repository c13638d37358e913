package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// minWidth is the narrowest table; text is not wrapped closer.
const minWidth = 60

// Table writes one line per object, with what is held against it below.
func Table(w io.Writer, r *Report, o Options) error {
	t := &table{width: max(o.Width, minWidth)}
	rows := make([][3]string, len(r.Results))
	widths := [2]int{len("VERDICT"), len("OBJECT")}
	files := len("FILE")
	for i := range r.Results {
		res := &r.Results[i]
		rows[i] = [3]string{string(res.Outcome), printable(res.Object.String()), printable(fmt.Sprintf("%s:%d", name(res.File), res.Line))}
		if !o.hides(res) {
			widths[0] = max(widths[0], utf8.RuneCountInString(rows[i][0]))
			files = max(files, utf8.RuneCountInString(rows[i][2]))
		}
	}
	for i := range rows {
		// Names that leave no place for the file do not set the column's width.
		if n := utf8.RuneCountInString(rows[i][1]); !o.hides(&r.Results[i]) && widths[0]+n+files+4 <= t.width {
			widths[1] = max(widths[1], n)
		}
	}
	shown := 0
	for i := range r.Results {
		if o.hides(&r.Results[i]) {
			continue
		}
		if shown++; shown == 1 {
			t.row(widths, [3]string{"VERDICT", "OBJECT", "FILE"})
		}
		t.row(widths, rows[i])
		t.result(&r.Results[i])
	}
	for _, p := range r.Problems {
		t.wrap("", "", p.text())
	}
	if shown+len(r.Problems) > 0 {
		t.buf.WriteByte('\n')
	}
	fmt.Fprintln(&t.buf, r.Summary())
	_, err := w.Write(t.buf.Bytes())
	return err
}

func (o Options) hides(r *Result) bool {
	return o.Failures && (r.Outcome == Pass || r.Outcome == Unjudged || r.Outcome == NotAsked) && len(r.Findings) == 0
}

type table struct {
	buf   bytes.Buffer
	width int
}

func (t *table) row(widths [2]int, row [3]string) {
	line := pad(row[0], widths[0]) + "  "
	// What does not fit beside goes below, whole: names and paths are copied.
	if n := utf8.RuneCountInString(row[1]); n > widths[1] || widths[0]+widths[1]+utf8.RuneCountInString(row[2])+4 > t.width {
		line += row[1] + "\n" + strings.Repeat(" ", widths[0]+2) + row[2]
	} else {
		line += pad(row[1], widths[1]) + "  " + row[2]
	}
	t.buf.WriteString(line + "\n")
}

func (t *table) result(r *Result) {
	const indent = "         "
	for i := range r.Errors {
		e := &r.Errors[i]
		t.wrap("  error: ", indent, fmt.Sprintf("%s (line %d)", e.text(), e.Line))
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		where := ""
		if f.Field != "" {
			where = fmt.Sprintf("%s (line %d): ", f.Field, f.line(r))
		}
		t.wrap(pad("  "+strings.ToLower(string(f.Action))+": ", len(indent)), indent, fmt.Sprintf("%s: %s%s", f.Policy, where, f.Message))
		if f.Remedy != "" {
			t.wrap(indent, indent, f.Remedy)
		}
		if f.Rule != nil {
			t.wrap(indent, indent, fmt.Sprintf("fired: %s:%d %s", f.Rule.File, f.Rule.Line, f.Rule.Text))
			if f.Value != "" {
				t.wrap(indent, indent, fmt.Sprintf("on:    %s = %q", f.Field, f.Value))
			}
		}
	}
	if r.Outcome == NotAsked {
		t.wrap("  note:  ", indent, r.unasked())
	}
	for _, warning := range r.Warnings {
		t.wrap("  note:  ", indent, warning)
	}
}

// wrap writes text below a heading, broken between words to fit the width. A
// word that is too long stays whole.
func (t *table) wrap(first, indent, text string) {
	line, used := first, utf8.RuneCountInString(first)
	empty := true
	for _, word := range strings.Fields(printable(text)) {
		n := utf8.RuneCountInString(word)
		if !empty && used+1+n > t.width {
			t.buf.WriteString(line + "\n")
			line, used, empty = indent, utf8.RuneCountInString(indent), true
		}
		if !empty {
			line += " "
			used++
		}
		line += word
		used += n
		empty = false
	}
	t.buf.WriteString(line + "\n")
}

// printable replaces what a terminal would act upon: manifests are anybody's.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || unicode.IsSpace(r) {
			return r
		}
		return '?'
	}, s)
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

func (p *Problem) text() string {
	switch {
	case p.File == "":
		return p.Message
	case p.Line == 0:
		return name(p.File) + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d: %s", name(p.File), p.Line, p.Message)
}

// String is the summary as one line.
func (s Summary) String() string {
	parts := []string{fmt.Sprintf("%d passed", s.Passed)}
	for _, p := range []struct {
		n    int
		word string
	}{{s.Warned, "warned"}, {s.Denied, "denied"}, {s.Invalid, "invalid"}, {s.Unjudged, "not judged by any policy"}, {s.NotAsked, "not asked about"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	line := fmt.Sprintf("%s: %s", count(s.Objects, "object"), strings.Join(parts, ", "))
	if s.Problems > 0 {
		line += "; " + count(s.Problems, "problem") + " with the input"
	}
	return line
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
