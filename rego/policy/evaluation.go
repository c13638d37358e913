package policy

import (
	"github.com/open-policy-agent/opa/v1/ast"
)

// modules are compiled ones on their way to evaluation.
type modules struct {
	compiler *ast.Compiler
	lean     *lean
	// indices of comprehensions, for evaluations.
	indices indices
}

// compileModules compiles modules. check sees them as OPA compiled them, with all
// locations; the errors of OPA come first.
func compileModules(compiler *ast.Compiler, parsed map[string]*ast.Module, check func(compiled map[string]*ast.Module) error) (*modules, error) {
	m := &modules{compiler: compiler, lean: newLean(), indices: indices{of: map[*ast.Term]*ast.ComprehensionIndex{}}}
	var refused error
	compiler.WithStageAfterID(ast.StageCheckDeprecatedBuiltins, ast.CompilerStageDefinition{
		Name:       "Lean",
		MetricName: "compile_stage_lean",
		Stage: func(c *ast.Compiler) *ast.Error {
			if c.Failed() {
				return nil
			}
			if refused = check(c.Modules); refused != nil {
				return nil
			}
			for _, module := range c.Modules {
				for _, r := range module.Rules {
					m.lean.rule(r)
				}
			}
			return nil
		},
	})
	compiler.Compile(parsed)
	if compiler.Failed() {
		return nil, Errors(compiler.Errors)
	}
	return m, refused
}

// query compiles the query for a rule of a package.
func (m *modules) query(own ast.Ref, rule string) (*Compiled, error) {
	const result = ast.Var("result")
	target := append(own.Copy(), ast.StringTerm(rule))
	// An empty set is no result: OPA makes a map for each.
	query, err := m.compiler.QueryCompiler().Compile(ast.NewBody(
		ast.Equality.Expr(ast.VarTerm(string(result)), ast.NewTerm(target)),
		ast.NotEqual.Expr(ast.VarTerm(string(result)), ast.SetTerm()),
	))
	if err != nil {
		return nil, err
	}
	m.lean.locals = map[ast.Var]ast.Var{}
	return &Compiled{Compiler: m.compiler, Query: m.lean.body(query), QueryCompiler: m.indices, Result: result, Package: m.lean.ref(own).Value.(ast.Ref)}, nil
}

// shed drops from the compiler what evaluations do not ask of it: all but the tree
// of rules with its indices. No query can be compiled after it. What is left of a
// module is its package.
func (m *modules) shed() {
	for _, t := range m.lean.comprehensions {
		if index := m.compiler.ComprehensionIndex(t); index != nil {
			m.indices.of[t] = index
		}
	}
	for _, module := range m.compiler.Modules {
		left := &ast.Module{Package: &ast.Package{Path: m.lean.ref(module.Package.Path).Value.(ast.Ref), Location: m.lean.location(module.Package.Location)}}
		for _, r := range module.Rules {
			for ; r != nil; r = r.Else {
				r.Module = left
			}
		}
	}
	left := ast.Compiler{RuleTree: m.compiler.RuleTree}
	if m.lean.mocks { // what `with` replaces by what depends on types
		left.TypeEnv = m.compiler.TypeEnv
	}
	capabilities := m.compiler.Capabilities()
	// In place: OPA's indices of rules have its address.
	*m.compiler = left
	m.compiler.WithCapabilities(capabilities)
}

// indices is as much of a query compiler as evaluations ask for.
type indices struct {
	ast.QueryCompiler
	of map[*ast.Term]*ast.ComprehensionIndex
}

// ComprehensionIndex implements ast.QueryCompiler.
func (i indices) ComprehensionIndex(t *ast.Term) *ast.ComprehensionIndex { return i.of[t] }

// RewrittenVars implements ast.QueryCompiler: names of variables are for tracers
// that ask for them, and there is none.
func (indices) RewrittenVars() map[ast.Var]ast.Var { return nil }
