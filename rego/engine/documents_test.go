package engine

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// What stands inside of a document that was read is not read again.
func TestDocumentsAreFoundByWhatIsAboveThem(t *testing.T) {
	d := documents{}
	routes := ast.MustParseTerm(`[{"name": "a"}, {"name": "b"}]`).Value
	d.Put(ast.MustParseRef(`data.tollgate.host_route["a.example"]`), routes)
	d.Put(ast.MustParseRef(`data.tollgate.settings.gateway`), ast.MustParseTerm(`{"namespace": "higress-system"}`).Value)
	for _, tt := range []struct {
		name, ref string
		want      string // "" for what has to be read
	}{
		{"the document", `data.tollgate.host_route["a.example"]`, `[{"name": "a"}, {"name": "b"}]`},
		{"an element", `data.tollgate.host_route["a.example"][1]`, `{"name": "b"}`},
		{"a field of an element", `data.tollgate.host_route["a.example"][0].name`, `"a"`},
		{"an element that is not there", `data.tollgate.host_route["a.example"][2]`, ""},
		{"another document", `data.tollgate.host_route["b.example"]`, ""},
		{"what is above a document", `data.tollgate.host_route`, ""},
		{"what has a document's name elsewhere", `data.tollgate["a.example"][1]`, ""},
		{"a field", `data.tollgate.settings.gateway.namespace`, `"higress-system"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := d.Get(ast.MustParseRef(tt.ref))
			switch {
			case got == nil && tt.want != "":
				t.Errorf("nothing, want %s", tt.want)
			case got != nil && (tt.want == "" || got.Compare(ast.MustParseTerm(tt.want).Value) != 0):
				t.Errorf("%v, want %q", got, tt.want)
			}
		})
	}
}
