package policy_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"

	"tollgate.dev/tollgate/rego/policy"
)

// evaluations are modules that use what OPA's evaluation knows, and that fail in
// the ways in which it fails.
var evaluations = []struct {
	name, rego string
	want       string // part of the value or the error, so that a case is about what it says
}{
	{name: "a rule", rego: `violation contains {"msg": msg} if { some x in input.list; x > 1; msg := sprintf("%d", [x]) }`, want: `{"msg": "3"}`},
	{name: "else, default and functions", rego: `
default level(_) := "none"
level(x) := "high" if { x > 2 } else := "low" if { x > 1 }
violation contains {"msg": level(x)} if some x in input.list`, want: `{"msg": "none"}`},
	{name: "values as heads", rego: `
table := {"a": [1, {2, 3}, null], "b": {true: "x"}}
partial[key] := value if some key, value in table
deep.er[key].end := value if some key, value in table
violation contains {"msg": sprintf("%v %v", [partial, deep])} if true`, want: `{\"er\": {\"a\"`},
	{name: "comprehensions", rego: `
violation contains {"msg": sprintf("%v", [all])} if { all := {k: v | some k in input.list; v := [y | some y in input.list; y < k]} }`, want: `3: [1, 2]`},
	{name: "an indexed comprehension", rego: `
violation contains {"msg": sprintf("%v %v", [x, same])} if { some x in input.list; same := [p.name | some p in input.pairs; p.n == x] }`, want: `1 [`},
	{name: "every", rego: `violation contains {"msg": "all"} if every i, x in input.list { x > i; not x == 9 }`, want: `"all"`},
	{name: "a template", rego: `violation contains {"msg": $"{input.list[0]} of {count(input.list)}"} if true`, want: `1 of 3`},
	{name: "negation and arithmetic", rego: `violation contains {"msg": "x"} if { not input.missing; input.list[0] + 1 == input.list[1]; {1, 2} & {2} == {2} }`, want: `"x"`},
	{name: "variables that nobody named", rego: `violation contains {"msg": sprintf("%v", [x])} if { [_, x, _] = input.list; some _, p in input.pairs; p.n == input.list[_]; input.pairs[_].n == 9 }`, want: `"2"`},
	{name: "a variable named as the compiler names them", rego: `
violation contains {"msg": sprintf("%v %v %v", [__local0__, __local1__, z])} if { __local1__ = input.list[0]; __local0__ = input.list[1]; z := [y | y := __local1__ + __local0__] }`, want: `2 1 [3]`},
	{name: "functions within functions", rego: `
f(a, b) := [c | some x in a; c := x + g(b)]
g(b) := d if { some a in [b]; d := h(a, [b]) }
h(d, c) := d * count(c)
violation contains {"msg": sprintf("%v", [f(input.list, 10)])} if true`, want: `[11, 12, 13]`},
	{name: "with input", rego: "inner := input.list\n" + `violation contains {"msg": sprintf("%v", [x])} if x := inner with input.list as [7]`, want: `[7]`},
	{name: "with a function of its own", rego: "f(x) := x\ng(x) := x * 10\n" + `violation contains {"msg": sprintf("%v", [x])} if x := f(4) with f as g`, want: `40`},
	{name: "with a value for a function of its own", rego: "f(x) := x\n" + `violation contains {"msg": sprintf("%v", [x])} if x := f(4) with f as "mocked"`, want: `mocked`},
	{name: "with a builtin", rego: "n := count(input.list)\n" + `violation contains {"msg": sprintf("%v", [x])} if x := n with count as 99`, want: `99`},
	{name: "with data", rego: `violation contains {"msg": sprintf("%v", [x])} if x := data.tollgate.settings.a with data.tollgate.settings as {"a": 5}`, want: `5`},
	{name: "found by index", rego: `
kind(x) := "one" if x == "a"
kind(x) := "two" if { x == "b"; input.list[0] == 1 }
kind(x) := "long" if startswith(x, "c")
violation contains {"msg": kind(p.name)} if some p in input.pairs`, want: `"two"`},
	{name: "a builtin that fails", rego: "violation contains {\"msg\": \"x\"} if {\n\tinput.list\n\tx := 1 / (input.list[0] - 1)\n\tx > 0\n}", want: "m.rego:5: eval_builtin_error: div: divide by zero"},
	{name: "an operand of the wrong type", rego: "violation contains {\"msg\": \"x\"} if {\n\tinput.list\n\n\tupper(input.list[1]) == \"x\"\n}", want: "m.rego:6: eval_type_error: upper: operand 1 must be string"},
	{name: "in a function", rego: "f(x) := y if {\n\ty := to_number(x)\n}\n\nviolation contains {\"msg\": \"x\"} if f(\"no number\")", want: "m.rego:4: eval_builtin_error: to_number"},
	{name: "a rule with two values", rego: "a := 1 if input.list[0] == 1\na := 2 if input.list[1] == 2\na := 3 if input.list[2] == 3\n\nviolation contains {\"msg\": \"x\"} if a", want: "eval_conflict_error"},
	{name: "a function with two values", rego: "f(x) := 1 if x > 0\nf(x) := 2 if x > 1\n\nviolation contains {\"msg\": \"x\"} if f(input.list[2])", want: "eval_conflict_error"},
	{name: "an object with two values for a key", rego: "o[k] := v if {\n\tk := \"same\"\n\tsome v in input.list\n}\n\nviolation contains {\"msg\": \"x\"} if o", want: "eval_conflict_error"},
	{name: "a comprehension with two values for a key", rego: "violation contains {\"msg\": \"x\"} if {\n\to := {\n\t\tk: v |\n\t\tsome v in input.list\n\t\tk := \"same\"\n\t}\n\to.same\n}", want: "m.rego:5: eval_conflict_error"},
	{name: "with below data that is no object", rego: "violation contains {\"msg\": \"x\"} if {\n\n\tdata.tollgate.settings.a with data.tollgate.settings.a.b as 2\n}", want: `"x"`},
}

const evaluationInput = `{"list": [1, 2, 3], "pairs": [{"n": 1, "name": "a"}, {"n": 2, "name": "b"}, {"n": 1, "name": "cc"}, {"n": 9, "name": "z"}]}`

// TestLeanEvaluates: what a compiled policy yields, and the errors that it ends in
// with their positions, are those of the same Rego as OPA compiles it.
func TestLeanEvaluates(t *testing.T) {
	for _, tt := range evaluations {
		t.Run(tt.name, func(t *testing.T) {
			source := "package tollgate.baseline.m\n\n" + tt.rego + "\n"
			compiled, err := policy.NewCompiler().Compile(&policy.Policy{ID: "m", Baseline: true, Modules: []policy.Module{{Name: "m.rego", Source: source}}})
			if err != nil {
				t.Fatal(err)
			}
			got := evaluated(t, compiled.Query, compiled.Compiler, compiled.QueryCompiler)

			module, err := ast.ParseModuleWithOpts("m.rego", source, ast.ParserOptions{RegoVersion: ast.RegoV1})
			if err != nil {
				t.Fatal(err)
			}
			plain := ast.NewCompiler()
			plain.Compile(map[string]*ast.Module{"m.rego": module})
			if plain.Failed() {
				t.Fatal(plain.Errors)
			}
			qc := plain.QueryCompiler()
			query, err := qc.Compile(ast.MustParseBody("result = data.tollgate.baseline.m.violation"))
			if err != nil {
				t.Fatal(err)
			}
			want := evaluated(t, query, plain, qc)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-OPA +lean):\n%s", diff)
			}
			if !bytes.Contains([]byte(got), []byte(tt.want)) {
				t.Errorf("%q lacks %q", got, tt.want)
			}
		})
	}
}

// evaluated is the value of a query's result, or its error.
func evaluated(t *testing.T, query ast.Body, compiler *ast.Compiler, qc ast.QueryCompiler) string {
	t.Helper()
	store := inmem.NewFromObject(map[string]any{"tollgate": map[string]any{"settings": map[string]any{"a": "text"}}})
	txn, err := store.NewTransaction(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Abort(t.Context(), txn)
	results, err := topdown.NewQuery(query).
		WithCompiler(compiler).
		WithQueryCompiler(qc).
		WithStore(store).
		WithTransaction(txn).
		WithInput(ast.MustParseTerm(evaluationInput)).
		WithStrictBuiltinErrors(true).
		Run(t.Context())
	if err != nil {
		return err.Error()
	}
	if len(results) != 1 {
		return fmt.Sprint(results)
	}
	return results[0][ast.Var("result")].String()
}

// TestLeanKeeps: of a compiled policy stay the rules, and of these neither the
// text of files nor a location that no error names. Equal terms are one.
func TestLeanKeeps(t *testing.T) {
	source := "package p\n\nimport data.lib.x\n\n# METADATA\n# title: T\nviolation contains {\n\t\"msg\": msg,\n} if {\n\tinput.a.b == \"c\"\n\tinput.a.b != \"d\"\n\tx.f(\"c\")\n\tmsg := \"c\"\n}\n"
	lib := "package lib.x\n\nf(y) if { y == \"c\" } else := false if { y == \"d\" }\n"
	compiled, err := policy.NewCompiler().Compile(&policy.Policy{ID: "p", Modules: []policy.Module{{Name: "p.rego", Source: source}}, Libs: []policy.Module{{Name: "x.rego", Source: lib}}})
	if err != nil {
		t.Fatal(err)
	}
	c := compiled.Compiler
	if c.Modules != nil || c.ModuleTree != nil || c.Graph != nil || c.TypeEnv != nil || c.Required != nil || c.RewrittenVars != nil || c.ParsedModules() != nil {
		t.Error("the compiler keeps what only compiling needs")
	}
	if c.Capabilities() == nil || len(c.Capabilities().AllowNet) != 0 || c.Capabilities().AllowNet == nil {
		t.Error("the capabilities are not those of policies")
	}
	generated := map[ast.Var]bool{}
	terms, refs := map[ast.Value]*ast.Term{}, map[string]*ast.Term{}
	rules := 0
	c.RuleTree.DepthFirst(func(node *ast.TreeNode) bool {
		for _, r := range node.Values {
			ast.NewGenericVisitor(func(x any) bool {
				switch x := x.(type) {
				case *ast.Rule:
					rules++
					if bytes.ContainsRune(x.Location.Text, '\n') || len(x.Location.Text) == 0 || cap(x.Location.Text) > 100 {
						t.Errorf("the text of a rule is %q of %d bytes", x.Location.Text, cap(x.Location.Text))
					}
					if x.Module.Rules != nil || x.Module.Imports != nil || x.Module.Comments != nil || x.Annotations != nil {
						t.Errorf("the rule at %s keeps its module", x.Location)
					}
				case *ast.Expr:
					if x.Location != nil && x.Location.Text != nil {
						t.Errorf("an expression has the text %q", x.Location.Text)
					}
				case *ast.Term:
					if x.Location != nil {
						t.Errorf("%s has a location", x)
					}
					switch v := x.Value.(type) {
					case ast.String, ast.Var, ast.Boolean:
						if name, ok := v.(ast.Var); ok && name.IsGenerated() {
							generated[name] = true
						}
						if known := terms[v]; known != nil && known != x {
							t.Errorf("there are two of %s", v)
						}
						terms[v] = x
					case ast.Ref:
						if known := refs[v.String()]; known != nil && known != x {
							t.Errorf("there are two of %s", v)
						}
						refs[v.String()] = x
					}
				}
				return false
			}).Walk(r)
		}
		return false
	})
	if len(generated) != 2 { // msg and the parts of its rule, y in that of each branch
		t.Errorf("the rules do not have variables of the same names: %v", generated)
	}
	if rules != 3 || terms[ast.String("c")] == nil || refs["input.a.b"] == nil {
		t.Errorf("looked at %d rules, the terms %v and the references %v", rules, terms, refs)
	}
}

// TestLeanIndexesComprehensions: OPA finds the index of a comprehension by the
// comprehension's address, in the rules as they are evaluated.
func TestLeanIndexesComprehensions(t *testing.T) {
	compiled, err := policy.NewCompiler().Compile(user("package p\nviolation contains {\"msg\": sprintf(\"%v\", [same])} if { some x in input.list; same := [p.name | some p in input.pairs; p.n == x] }"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	compiled.Compiler.RuleTree.DepthFirst(func(node *ast.TreeNode) bool {
		for _, r := range node.Values {
			ast.WalkTerms(r, func(x *ast.Term) bool {
				if index := compiled.QueryCompiler.ComprehensionIndex(x); index != nil && ast.IsComprehension(x.Value) {
					found++
				}
				return false
			})
		}
		return false
	})
	if found != 1 {
		t.Errorf("%d comprehensions have an index", found)
	}
}
