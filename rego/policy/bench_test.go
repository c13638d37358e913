package policy_test

import (
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"tollgate.dev/tollgate/rego/policy"
)

const small = `package user

violation contains {"msg": msg, "details": {"field": "metadata.labels"}} if {
	some key, value in input.review.object.metadata.labels
	startswith(key, "forbidden.example/")
	not value in input.parameters.allowed
	msg := sprintf("the label %v is forbidden", [key])
}

violation contains {"msg": "too many rules"} if count(input.review.object.spec.rules) > 1000
`

// BenchmarkCompile is what a small policy of a user's costs to compile, also as a
// ratio to the floor: OPA's parser and compiler alone, without our checks.
func BenchmarkCompile(b *testing.B) {
	c := policy.NewCompiler()
	p := user(small)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Compile(p); err != nil {
			b.Fatal(err)
		}
	}
	ours := b.Elapsed()
	began := time.Now()
	for range b.N {
		m, err := ast.ParseModuleWithOpts("p.rego", small, ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			b.Fatal(err)
		}
		compiler := ast.NewCompiler()
		compiler.Compile(map[string]*ast.Module{"p.rego": m})
		if compiler.Failed() {
			b.Fatal(compiler.Errors)
		}
		if _, err := compiler.QueryCompiler().Compile(ast.MustParseBody("result = data.user.violation")); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(ours)/float64(time.Since(began)), "x-OPA")
}

// BenchmarkNewCompiler is what each compilation would pay more if it had a
// compiler of its own.
func BenchmarkNewCompiler(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		policy.NewCompiler()
	}
}
