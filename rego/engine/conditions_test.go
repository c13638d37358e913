package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"tollgate.dev/tollgate/rego/policy"
)

// compiledWithLib compiles a policy of the baseline's kind with a lib.
func compiledWithLib(t *testing.T, rules string) *policy.Compiled {
	t.Helper()
	p := &policy.Policy{
		ID: "p", Baseline: true,
		Modules: []policy.Module{{Name: "p.rego", Source: "package tollgate.baseline.p\nimport data.tollgate.lib.l\nown if l.yes\n" + rules}},
		Libs:    []policy.Module{{Name: "l.rego", Source: "package tollgate.lib.l\nyes if input.review.operation == \"CREATE\"\nno if input.review.operation == \"DELETE\"\nword := \"x\" if input.review\nf(x) if x"}},
	}
	all, err := policy.NewCompiler().CompileGroup([]*policy.Policy{p})
	if err != nil {
		t.Fatal(err)
	}
	return all["p"]
}

func TestConditions(t *testing.T) {
	tests := []struct {
		name string
		body string
		want string // conditions, one per line; "" for a policy that is always evaluated
	}{
		{name: "a rule of a lib", body: `l.yes; count(input.review.list) > 0`, want: "data.tollgate.lib.l.yes"},
		{name: "a negated one", body: `not l.yes; l.no`, want: "not data.tollgate.lib.l.yes\ndata.tollgate.lib.l.no"},
		{name: "the input", body: `input.subject.unowned; not input.subject.inGateway`, want: "subject.unowned\nnot subject.inGateway"},
		{name: "a constant in the input", body: `input.review.kind.kind == "Ingress"; l.yes`, want: "review.kind.kind [\"Ingress\"]\ndata.tollgate.lib.l.yes"},
		{name: "several constants", body: `input.review.kind.kind in {"A", "B"}; l.yes`, want: "review.kind.kind [\"A\" \"B\"]\ndata.tollgate.lib.l.yes"},
		{name: "none of several constants", body: `not input.review.kind.kind in {"A", "B"}; l.yes`, want: "not review.kind.kind [\"A\" \"B\"]\ndata.tollgate.lib.l.yes"},
		{name: "after another constant", body: `input.subject.standing != "Nobody"; l.yes`, want: "data.tollgate.lib.l.yes"},
		{name: "after a loop over the input", body: `some x in input.review.list; l.yes`, want: "data.tollgate.lib.l.yes"},
		{name: "after a builtin that may fail", body: `to_number(input.review.x) > 1; l.yes`},
		{name: "after a function", body: `l.f(input.review.x); l.yes`},
		{name: "after a value of a lib", body: `l.word == "x"; l.yes`},
		{name: "after one of its own rules", body: `own; l.yes`},
		{name: "with another input", body: `l.yes with input.review as {}`},
		{name: "a loop", body: `input.review.list[_]`},
		{name: "a member of the inventory", body: `data.tollgate.host_owner[input.review.name]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			compiled := compiledWithLib(t, fmt.Sprintf("violation contains {\"msg\": \"x\"} if { %s }", tt.body))
			var got []string
			for _, rule := range conditionsOf(compiled, "violation") {
				for _, c := range rule {
					text := strings.TrimPrefix(c.rule.String(), "[]")
					if c.input != nil {
						text = strings.ReplaceAll(strings.Trim(c.input.String(), "[]\""), `"]["`, ".")
						text = strings.ReplaceAll(text, `"].`, ".")
					}
					if c.values != nil {
						text += fmt.Sprintf(" %v", c.values)
					}
					if c.negated {
						text = "not " + text
					}
					got = append(got, text)
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestIdle holds what is left out against the evaluation: whatever a policy's
// conditions, one that is left out yields nothing.
func TestIdle(t *testing.T) {
	inputs := []string{
		`{"review": {"operation": "CREATE", "kind": {"kind": "A"}}, "subject": {"unowned": true}}`,
		`{"review": {"operation": "DELETE", "kind": {"kind": "B"}}, "subject": {"unowned": false}}`,
		`{"review": {"operation": "UPDATE", "kind": {"kind": "C"}}, "subject": {"unowned": null}}`,
		`{"review": {"operation": false}, "subject": {}}`,
		`{"review": {}}`,
	}
	bodies := []string{
		`l.yes`, `not l.yes`, `l.no`, `not l.no`, `input.subject.unowned`, `not input.subject.unowned`,
		`input.review.kind.kind == "A"`, `not input.review.kind.kind == "A"`, `input.review.kind.kind != "A"`,
		`input.review.kind.kind in {"A", "B"}`, `not input.review.kind.kind in {"A", "B"}`, `input.review.operation == false`,
		`input.review.operation`, `l.word; l.yes`, `not l.word`,
	}
	left, ran := 0, 0
	for _, first := range bodies {
		for _, second := range bodies {
			compiled := compiledWithLib(t, fmt.Sprintf("violation contains {\"msg\": \"1\"} if { %s }\nviolation contains {\"msg\": \"2\"} if { %s; %s }", first, second, first))
			u := &unit{compiled: compiled, conditions: conditionsOf(compiled, "violation")}
			for _, text := range inputs {
				input := ast.MustParseTerm(text)
				cache := topdown.NewVirtualCache()
				yields := func() bool {
					some := false
					err := topdown.NewQuery(compiled.Query).WithQueryCompiler(compiled.QueryCompiler).WithCompiler(compiled.Compiler).
						WithInput(input).WithVirtualCache(cache).Iter(t.Context(), func(qr topdown.QueryResult) error {
						some = qr[compiled.Result].Value.(ast.Set).Len() > 0
						return nil
					})
					if err != nil {
						t.Fatal(err)
					}
					return some
				}
				before := u.idle(input, cache)
				want := yields()
				if after := u.idle(input, cache); want && (before || after) {
					t.Fatalf("{%s}, {%s; %s} yields something for %s and is left out", first, second, first, text)
				} else if after {
					left++
				} else {
					ran++
				}
			}
		}
	}
	if left < 300 || ran < 300 {
		t.Errorf("%d were left out, %d ran: the conditions are not read", left, ran)
	}
}
