package promql_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/metering/usage/promql"
)

func name(t testing.TB, s string) promql.Name {
	t.Helper()
	n, err := promql.NewName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in string
		ok       bool
	}{
		{name: "plain", in: "ai_model", ok: true},
		{name: "internal", in: "__name__", ok: true},
		{name: "digits inside", in: "p99", ok: true},
		{name: "empty", in: ""},
		{name: "digit in front", in: "9p"},
		{name: "closing brace", in: "a}b"},
		{name: "quote", in: `a"`},
		{name: "space", in: "a b"},
		{name: "letter outside ASCII", in: "ä"},
		{name: "recording rule", in: "a:b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := promql.NewName(tt.in)
			if (err == nil) != tt.ok {
				t.Fatalf("error %v", err)
			}
			if tt.ok && got.String() != tt.in {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestExpressions(t *testing.T) {
	t.Parallel()
	metric, job, user := name(t, "tokens"), name(t, "job"), name(t, "user")
	c := promql.Select(metric, promql.Equal(job, `a"b`), promql.Matches(user, promql.Literal("a.b").Then(promql.Literal("."), promql.WithoutDot())))
	last := promql.LastOverTime().Of(c.Over(time.Minute, 0))
	base := promql.MinOverTime().Of(c.Over(time.Second, time.Hour))
	for _, tt := range []struct {
		name, want string
		got        interface{ String() string }
	}{
		{name: "range", got: c.Over(time.Minute, 0), want: `tokens{job="a\"b",user=~"a\\.b\\.[^.]+"}[60000ms]`},
		{name: "offset", got: promql.Select(metric).Over(time.Second, time.Hour), want: `tokens{}[1000ms] offset 3600000ms`},
		{name: "minus", got: last.Minus(base), want: "(" + last.String() + " - " + base.String() + ")"},
		{name: "sum", got: promql.Sum(last, job, user), want: "sum by (job, user) (" + last.String() + ")"},
		{name: "group", got: promql.Group(last.AboveZero(), job), want: "group by (job) ((" + last.String() + " > 0))"},
		{name: "at least", got: last.AtLeast(base, job), want: "(" + last.String() + " >= on (job) group_left () " + base.String() + ")"},
		{name: "and", got: last.AndOn(base, job), want: "(" + last.String() + " and on (job) " + base.String() + ")"},
		{name: "or, unless", got: last.Or(base).Unless(base), want: "((" + last.String() + " or " + base.String() + ") unless " + base.String() + ")"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// literals takes a selector apart as a lexer of PromQL does: it returns the
// string literals, unquoted, and the text around them.
func literals(t testing.TB, s string) (values []string, rest string) {
	t.Helper()
	for {
		at := strings.IndexByte(s, '"')
		if at < 0 {
			return values, rest + s
		}
		rest += s[:at] + "?"
		quoted, err := strconv.QuotedPrefix(s[at:])
		if err != nil {
			t.Fatalf("no literal in %q: %v", s[at:], err)
		}
		v, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
		s = s[at+len(quoted):]
	}
}

func checkHarmless(t testing.TB, value string) {
	t.Helper()
	metric, a, b := name(t, "m"), name(t, "a"), name(t, "b")
	pattern := promql.Literal(value).Then(promql.Literal("."), promql.WithoutDot())
	got := promql.Select(metric, promql.Equal(a, value), promql.Matches(b, pattern)).Over(time.Second, 0).String()
	values, rest := literals(t, got)
	if rest != `m{a=?,b=~?}[1000ms]` {
		t.Fatalf("%q changed the query around it: %q", value, rest)
	}
	if len(values) != 2 || values[0] != value {
		t.Fatalf("%q became %q", value, values)
	}
	re, err := regexp.Compile("^(?s:" + values[1] + ")$")
	if err != nil {
		t.Fatalf("%q became the pattern %q: %v", value, values[1], err)
	}
	if utf8.ValidString(value) != re.MatchString(value+".x") {
		t.Fatalf("%q and its pattern %q do not agree", value, values[1])
	}
	for _, other := range []string{value + ".x.y", "x" + value + ".x", value + ".", "other.x"} {
		if re.MatchString(other) && other != value+".x" {
			t.Fatalf("the pattern of %q matches %q", value, other)
		}
	}
}

func hostile() []string {
	return []string{
		`"`, `\`, `\"`, "\n", "`", "'", `a"}) or vector(1) #`, `"} or up{x="`, "}", "{", `.*`, `(a|b)`, `a.b`, `$`, `^`, `[`, `\E`, `\x00`,
		"\x00", "\xff\xfe", "\u2028", "ü", `%s`, "#", `acme"} or {__name__=~".+`, "[5m]", "offset 1h", "",
	}
}

func TestHostileValuesStayValues(t *testing.T) {
	t.Parallel()
	for _, v := range hostile() {
		checkHarmless(t, v)
	}
	rapid.Check(t, func(rt *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(hostile()), rapid.String()), 0, 6).Draw(rt, "parts")
		checkHarmless(t, strings.Join(parts, ""))
	})
}

func FuzzValues(f *testing.F) {
	for _, v := range hostile() {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, value string) { checkHarmless(t, value) })
}
