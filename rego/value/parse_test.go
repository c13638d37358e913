package value_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"

	"tollgate.dev/tollgate/rego/value"
)

func TestParse(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	many := func(n int) string {
		var parts []string
		for i := range n {
			parts = append(parts, `"k`+strings.Repeat("x", i)+`":1`)
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	tests := []struct {
		name string
		json string
		want string // as Rego; "" when an error is wanted
		err  string
	}{
		{name: "object", json: ` {"b": [1, true, null], "a": "x\u00e9\n"} `, want: `{"a": "xé\n", "b": [1, true, null]}`},
		{name: "empty", json: `{"a":{},"b":[],"":""}`, want: `{"": "", "a": {}, "b": []}`},
		{name: "digits are kept", json: `[9007199254740993, 0.1000000000000000055511151231257827, 1e3, -0]`, want: `[9007199254740993, 0.1000000000000000055511151231257827, 1e3, -0]`},
		{name: "surrogates", json: `"\ud83d\ude00"`, want: `"😀"`},
		{name: "deepest", json: deep(200), want: deep(200)},
		{name: "too deep", json: deep(201), err: "nested more than 200 deep"},
		{name: "duplicate key", json: `{"a":1,"b":2,"a":1}`, err: `the key "a" occurs twice`},
		{name: "duplicate key by escape", json: `{"a":1,"\u0061":2}`, err: `the key "a" occurs twice`},
		{name: "duplicate key in a large object", json: strings.Replace(many(20), `"kxx"`, `"kx"`, 1), err: `the key "kx" occurs twice`},
		{name: "huge exponent", json: `{"a":1e1000000000}`, err: "exponent is beyond 400"},
		{name: "huge number", json: strings.Repeat("9", 401), err: "more than 400 characters"},
		{name: "truncated", json: `{"a":[1,2`, err: "comma or the end of the array"},
		{name: "truncated string", json: `{"a":"b`, err: "in the middle of a string"},
		{name: "truncated escape", json: `"\`, err: "in the middle of a string"},
		{name: "nothing", json: ` `, err: "in the middle of a value"},
		{name: "trailing comma", json: `[1,]`, err: "unexpected byte"},
		{name: "trailing text", json: `{} {}`, err: "more after"},
		{name: "leading zero", json: `01`, err: "malformed"},
		{name: "bare minus", json: `-`, err: "malformed"},
		{name: "invalid UTF-8", json: "\"a\xff\"", err: "UTF-8"},
		{name: "invalid UTF-8 beside an escape", json: "\"\\n\xff\"", err: "UTF-8"},
		{name: "control character", json: "\"a\nb\"", err: "control character"},
		{name: "comment", json: `{"a":1} // x`, err: "more after"},
		{name: "single quotes", json: `{'a':1}`, err: "a key was expected"},
		{name: "word", json: `nul`, err: "unexpected word"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := value.Parse([]byte(tt.json))
			if tt.err != "" {
				var bad *value.Error
				if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want one with %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzParse holds Parse against encoding/json: what Parse takes, encoding/json
// takes and understands alike; what only encoding/json takes has one of the
// faults that Parse refuses.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,2.5e3,"x\u00e9",null,true,{"b":{}}]}`, `{"a":1,"a":2}`, `"\ud800"`, `[1e401]`, `-0`, "\"\x7f\"", `{"metadata":{"name":"x"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := value.Parse(raw)
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		var want any
		wantErr := d.Decode(&want)
		if wantErr == nil && d.More() {
			return
		}
		if err != nil {
			if wantErr == nil && json.Valid(raw) && utf8.Valid(raw) && !refusable(err) {
				t.Fatalf("refused %q: %v", raw, err)
			}
			return
		}
		if !json.Valid(raw) {
			t.Fatalf("took %q", raw)
		}
		oracle, err := ast.InterfaceToValue(want)
		if err != nil {
			t.Fatal(err)
		}
		if got.Compare(oracle) != 0 {
			t.Fatalf("%q: got %v, want %v", raw, got, oracle)
		}
		if !digitsKept(got, want) {
			t.Fatalf("%q: digits changed: %v", raw, got)
		}
	})
}

func refusable(err error) bool {
	for _, part := range []string{"occurs twice", "exponent", "characters", "nested", "UTF-8"} {
		if strings.Contains(err.Error(), part) {
			return true
		}
	}
	return false
}

func digitsKept(v ast.Value, want any) bool {
	n, ok := v.(ast.Number)
	if !ok {
		return true
	}
	a, _, err1 := big.ParseFloat(string(n), 10, 2000, big.ToNearestEven)
	b, _, err2 := big.ParseFloat(string(want.(json.Number)), 10, 2000, big.ToNearestEven)
	return err1 == nil && err2 == nil && a.Cmp(b) == 0
}
