package value_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"

	"tollgate.dev/tollgate/rego/value"
)

func TestTexts(t *testing.T) {
	tests := []struct {
		name string
		json string
		want value.Texts
	}{
		{name: "plain", json: `{"a":["x","$","{","$ {",1,true,null]}`},
		{name: "template", json: `{"a":["x","y${z}"]}`, want: value.Texts{Template: true}},
		{name: "template in a key", json: `{"a${b":1}`, want: value.Texts{Template: true}},
		{name: "template by escapes", json: `["\u0024\u007b"]`, want: value.Texts{Template: true}},
		{name: "template at the end", json: `["$$${"]`, want: value.Texts{Template: true}},
		{name: "template over two texts", json: `["$","{x}"]`},
		{name: "newline", json: `["a\nb"]`, want: value.Texts{Control: true}},
		{name: "newline in a key", json: `{"a\nb":1}`, want: value.Texts{Control: true}},
		{name: "newline between texts", json: "[\n\"a\"\n]"},
		{name: "nothing by an escape", json: `["\u0000"]`, want: value.Texts{Control: true}},
		{name: "delete", json: "[\"a\x7fb\"]", want: value.Texts{Control: true}},
		{name: "delete by an escape", json: `["\u007f"]`, want: value.Texts{Control: true}},
		{name: "next line", json: "[\"a\u0085b\"]", want: value.Texts{Control: true}},
		{name: "line separator", json: "[\"a\u2028b\"]", want: value.Texts{Control: true}},
		{name: "paragraph separator", json: "[\"a\u2029b\"]", want: value.Texts{Control: true}},
		{name: "beyond ASCII", json: `["é – 漢 😀","\u00e9\"\\\/"]`},
		{name: "both", json: `["${","\t"]`, want: value.Texts{Template: true, Control: true}},
		{name: "a key with an underscore", json: `[{"a":{"_b":1}}]`, want: value.Texts{Underscore: true}},
		{name: "a key with an underscore by an escape", json: `{"\u005fb":1}`, want: value.Texts{Underscore: true}},
		{name: "underscores elsewhere", json: `{"a_":"_b"}`},
		{name: "a quote, then a template", json: `["\"${"]`, want: value.Texts{Template: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p value.Parser
			if _, err := p.Parse(tt.json); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, p.Texts); diff != "" {
				t.Error(diff)
			}
			if _, err := p.Parse(`{}`); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, p.Texts); diff != "" {
				t.Error("after another document:", diff)
			}
		})
	}
}

func TestRepeats(t *testing.T) {
	p := value.Parser{Repeats: true}
	long := strings.Repeat("x", 80) // short ones are read again
	before := `{"a":{"x":[1,{"y":"` + long + `"}]},"b":[{"k":"` + long + `"},{"k":"` + long + `2"}],"c":{}}`
	after := `{"b":[{"k":"` + long + `"},{"k":"` + long + `3"}],"a":{"x":[1,{"y":"` + long + `"}]},"c":{},"d":{}}`
	first, second := mustParse(t, &p, before), mustParse(t, &p, after)
	want := mustParse(t, &value.Parser{}, after)
	if second.Compare(want) != 0 || second.Hash() != want.Hash() {
		t.Fatalf("got %v", second)
	}
	a, b := ast.InternedTerm("a"), ast.InternedTerm("b")
	element := func(v ast.Value, i int) *ast.Term { return ast.NewTerm(v).Get(b).Get(ast.InternedTerm(i)) }
	if ast.NewTerm(first).Get(a) != ast.NewTerm(second).Get(a) || element(first, 0) != element(second, 0) {
		t.Error("what is written in the same way is not shared")
	}
	if element(first, 1) == element(second, 1) {
		t.Error("what differs is shared")
	}
}

func mustParse(t *testing.T, p *value.Parser, text string) ast.Value {
	t.Helper()
	v, err := p.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// FuzzRepeats holds a document that is read after another against the same
// document read alone: the same value, or the same error.
func FuzzRepeats(f *testing.F) {
	f.Add(`{"a":[1,{"b":"c"}],"d":{}}`, `{"a":[1,{"b":"c"}],"d":{"e":[]}}`)
	f.Add(`{"a":[1,{"b":"c"}]}`, `{"a":[1,{"b":"c"}],"a":[1,{"b":"c"}]}`)
	f.Add(`{"a":{"b":"${"}}`, `{"a":{"b":"${"}`)
	f.Add(`[[],[1],{}]`, `[[],[1],{} x`)
	f.Add(`{"a":"\u0062","c":[{ }]}`, `{"\u0061":"b","c":[{}]}`)
	long := `{"a":"` + strings.Repeat("long ", 20) + `"}`
	f.Add(`{"x":`+long+`,"y":[`+long+`]}`, `{"y":[`+long+`],"x":`+long+`,"x":`+long+`}`)
	f.Add(`[`+long+`,1]`, `[`+long+`1]`)
	f.Fuzz(func(t *testing.T, before, after string) {
		both := value.Parser{Repeats: true}
		if _, err := both.Parse(before); err != nil {
			return
		}
		got, gotErr := both.Parse(after)
		var alone value.Parser
		want, wantErr := alone.Parse(after)
		if (gotErr == nil) != (wantErr == nil) || wantErr != nil && gotErr.Error() != wantErr.Error() {
			t.Fatalf("%q after %q: error %v, alone %v", after, before, gotErr, wantErr)
		}
		if wantErr != nil {
			return
		}
		if got.Compare(want) != 0 || got.Hash() != want.Hash() || got.String() != want.String() {
			t.Fatalf("%q after %q: %v, alone %v", after, before, got, want)
		}
		if alone.Texts.Template && !both.Texts.Template || alone.Texts.Control && !both.Texts.Control || alone.Texts.Underscore && !both.Texts.Underscore {
			t.Fatalf("%q after %q: %v, alone %v", after, before, both.Texts, alone.Texts)
		}
	})
}

// What the policies take for a template and for a control character.
var (
	template = regexp.MustCompile(`\$\{`)
	control  = regexp.MustCompile(`[\x00-\x1f\x7f]|\x{0085}|\x{2028}|\x{2029}`)
)

// FuzzTexts holds Texts against a look at every text of the value.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{`{"a":"$\u007b"}`, `["$","{"]`, "[\"\u2028\"]", `{"\u0000":1}`, `{"_":1}`, "\"\x7f\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var p value.Parser
		v, err := p.Parse(string(raw))
		if err != nil {
			return
		}
		var want value.Texts
		ast.WalkTerms(ast.NewTerm(v), func(term *ast.Term) bool {
			if s, ok := term.Value.(ast.String); ok {
				want.Template = want.Template || template.MatchString(string(s))
				want.Control = want.Control || control.MatchString(string(s))
			}
			if obj, ok := term.Value.(ast.Object); ok {
				for _, key := range obj.Keys() {
					want.Underscore = want.Underscore || strings.HasPrefix(string(key.Value.(ast.String)), "_")
				}
			}
			return false
		})
		if diff := cmp.Diff(want, p.Texts); diff != "" {
			t.Fatalf("%q: %s", raw, diff)
		}
	})
}
