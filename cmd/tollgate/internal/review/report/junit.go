package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name     string         `xml:"name,attr"`
	Class    string         `xml:"classname,attr"`
	File     string         `xml:"file,attr,omitempty"`
	Line     int            `xml:"line,attr,omitempty"`
	Skipped  *junitMessage  `xml:"skipped"`
	Errors   []junitMessage `xml:"error"`
	Failures []junitMessage `xml:"failure"`
	Out      string         `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes a test suite per file and a test case per object, as CI servers
// read them.
func JUnit(w io.Writer, r *Report, _ Options) error {
	all := junitSuites{Name: "tollgate review"}
	at := map[string]int{}
	suite := func(file string) *junitSuite {
		i, ok := at[file]
		if !ok {
			i = len(all.Suites)
			at[file] = i
			all.Suites = append(all.Suites, junitSuite{Name: name(file)})
		}
		return &all.Suites[i]
	}
	for i := range r.Results {
		res := &r.Results[i]
		suite(res.File).add(junitResult(res))
	}
	for _, p := range r.Problems {
		file := p.File
		if file == "" {
			file = "tollgate review"
		}
		suite(file).add(junitCase{
			Name: "reading", Class: name(file), File: name(p.File), Line: p.Line,
			Errors: []junitMessage{{Message: clean(p.Message), Type: "input", Text: clean(p.text())}},
		})
	}
	for _, s := range all.Suites {
		all.Tests, all.Failures, all.Errors, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors, all.Skipped+s.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case len(c.Errors) > 0:
		s.Errors++
	case len(c.Failures) > 0:
		s.Failures++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func junitResult(r *Result) junitCase {
	c := junitCase{Name: clean(r.Object.String()), Class: name(r.File), File: name(r.File), Line: r.Line}
	switch r.Outcome {
	case Unjudged:
		c.Skipped = &junitMessage{Message: "no policy applies to it"}
	case NotAsked:
		c.Skipped = &junitMessage{Message: clean(r.unasked())}
	}
	var out []string
	for i := range r.Errors {
		e := &r.Errors[i]
		c.Errors = append(c.Errors, junitMessage{Message: clean(e.text()), Type: "invalid", Text: clean(fmt.Sprintf("%s:%d: %s", name(r.File), e.Line, e.text()))})
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		m := junitMessage{Message: clean(f.Message), Type: f.Policy, Text: clean(fmt.Sprintf("%s:%d: %s", name(r.File), f.line(r), f.sentence()))}
		switch {
		case f.Action == v1alpha1.PolicyDeny && f.Failure:
			c.Errors = append(c.Errors, m)
		case f.Action == v1alpha1.PolicyDeny:
			c.Failures = append(c.Failures, m)
		default:
			out = append(out, string(f.Action)+": "+m.Text)
		}
	}
	for _, warning := range r.Warnings {
		out = append(out, "Note: "+clean(warning))
	}
	c.Out = strings.Join(out, "\n")
	return c
}

// sentence is a finding as the webhook words it.
func (f *Finding) sentence() string {
	text := f.Policy + ": "
	if f.Field != "" {
		text += f.Field + ": "
	}
	text += f.Message
	if f.Remedy != "" {
		text += " " + f.Remedy
	}
	return text
}

// clean drops what XML cannot hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r != 0xFFFE && r != 0xFFFF {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, "�"))
}
