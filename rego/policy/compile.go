package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/match"
)

// Compiled is a policy's Rego, compiled: nothing in it is shared with another
// policy, so policies can neither conflict nor read one another.
type Compiled struct {
	// Compiler holds the rules of the policy and its libs, for evaluations only:
	// it compiles nothing more, and has no modules.
	Compiler *ast.Compiler
	// Query binds Result to the set of violations or mutations.
	Query ast.Body
	// QueryCompiler is what evaluations ask beside Compiler.
	QueryCompiler ast.QueryCompiler
	// Result is the variable that Query binds.
	Result ast.Var
	// Package is the path of the policy's package below data.
	Package ast.Ref
}

// Compiler compiles policies under the allow-list. It may be used from many
// goroutines, and for all policies.
type Compiler struct {
	capabilities *ast.Capabilities
	refused      map[string]bool // builtins that OPA has and policies have not
}

// NewCompiler returns a compiler.
func NewCompiler() *Compiler {
	caps, refused := capabilities()
	return &Compiler{capabilities: caps, refused: refused}
}

// Check says whether a policy can be put in force: nil, or an error with OPA's
// own position (row and column of the policy's own text) and message. It never
// panics, and gives up on what takes unreasonably long to compile.
func Check(p *Policy) error {
	_, compileErr := NewCompiler().Compile(p)
	_, matchErr := match.Compile(&p.Match)
	return errors.Join(compileErr, matchErr)
}

// RuleName is the rule that a policy of a kind must have.
func RuleName(kind Kind) string {
	if kind == Mutation {
		return "mutation"
	}
	return "violation"
}

// compile does Compile's work.
func (c *Compiler) compile(p *Policy) (*Compiled, error) {
	version := ast.RegoV1
	if p.RegoVersion == v1alpha1.RegoV0 {
		version = ast.RegoV0
	}
	options := ast.ParserOptions{RegoVersion: version, Capabilities: c.capabilities}
	mains, err := parseModules(p.Modules, options)
	if err != nil {
		return nil, err
	}
	if len(mains) == 0 {
		return nil, errors.New("the policy has no Rego")
	}
	libs, err := parseModules(p.Libs, options)
	if err != nil {
		return nil, err
	}
	own := mains[0].Package.Path
	for _, m := range mains[1:] {
		if !m.Package.Path.Equal(own) {
			return nil, fmt.Errorf("%s: the policy's modules must share one package", position(m.Package.Location))
		}
	}
	if err := c.refuseCalls(append(append([]*ast.Module(nil), mains...), libs...)); err != nil {
		return nil, err
	}
	if p.Baseline {
		libs = imported(mains, libs)
	} else {
		for _, m := range libs {
			if !isLib(m.Package.Path) {
				return nil, fmt.Errorf("%s: the package of a lib must be lib or begin with lib., not %s", position(m.Package.Location), packageName(m.Package.Path))
			}
		}
		if isLib(own) {
			return nil, fmt.Errorf("%s: the policy's own package may not be named lib", position(mains[0].Package.Location))
		}
		to := ast.Ref{ast.DefaultRootDocument, ast.StringTerm("policies"), ast.StringTerm(p.ID)}
		for _, m := range mains {
			rename(m, own, to)
		}
		own = to
	}
	all := map[string]*ast.Module{}
	for i, m := range append(append([]*ast.Module(nil), mains...), libs...) {
		all[fmt.Sprintf("%03d", i)] = m
	}
	compiler := ast.NewCompiler().
		WithCapabilities(c.capabilities).
		WithStrict(p.Baseline).
		WithDefaultRegoVersion(version)
	compiled, err := compileModules(compiler, all, func(compiled map[string]*ast.Module) error {
		if err := checkReads(slices.Collect(maps.Values(compiled)), p, own); err != nil {
			return err
		}
		return requireRule(mains, RuleName(p.Kind))
	})
	if err != nil {
		return nil, err
	}
	defer compiled.shed()
	return compiled.query(own, RuleName(p.Kind))
}

func parseModules(sources []Module, options ast.ParserOptions) ([]*ast.Module, error) {
	var modules []*ast.Module
	for _, source := range sources {
		m, err := ast.ParseModuleWithOpts(source.Name, source.Source, options)
		if err != nil {
			return nil, withPositions(err)
		}
		if m == nil {
			return nil, fmt.Errorf("%s: the module is empty", source.Name)
		}
		modules = append(modules, m)
	}
	return modules, nil
}

// requireRule asks for a rule that yields a set.
func requireRule(mains []*ast.Module, name string) error {
	for _, m := range mains {
		for _, r := range m.Rules {
			ref := r.Head.Ref()
			if !ref[0].Equal(ast.VarTerm(name)) {
				continue
			}
			if len(ref) > 1 || r.Head.RuleKind() != ast.MultiValue {
				return fmt.Errorf("%s: the rule %s must yield a set: %s contains {...} if {...}, or in v0 %s[{...}] {...}", position(r.Location), name, name, name)
			}
			return nil
		}
	}
	return fmt.Errorf("%s: the policy has no rule %s", position(mains[0].Package.Location), name)
}

// rename moves a module from one package to another, with the references to
// its own rules.
func rename(m *ast.Module, from, to ast.Ref) {
	moved := func(ref ast.Ref) ast.Ref {
		out := make(ast.Ref, 0, len(ref)+len(to)-len(from))
		for _, t := range to {
			out = append(out, &ast.Term{Value: t.Value, Location: ref[0].Location})
		}
		return append(out, ref[len(from):]...)
	}
	m.Package.Path = moved(m.Package.Path)
	ast.WalkTerms(m, func(t *ast.Term) bool {
		if ref, ok := t.Value.(ast.Ref); ok && ref.HasPrefix(from) {
			t.Value = moved(ref)
		}
		return false
	})
}

// imported keeps the libs that the modules reach, directly or through others.
func imported(mains, libs []*ast.Module) []*ast.Module {
	var kept []*ast.Module
	seen := map[*ast.Module]bool{}
	queue := mains
	for len(queue) > 0 {
		m := queue[0]
		queue = queue[1:]
		ast.WalkRefs(m, func(ref ast.Ref) bool {
			for _, lib := range libs {
				if !seen[lib] && ref.HasPrefix(lib.Package.Path) {
					seen[lib] = true
					kept = append(kept, lib)
					queue = append(queue, lib)
				}
			}
			return false
		})
	}
	return kept
}

func isLib(path ast.Ref) bool {
	return len(path) >= 2 && path[1].Equal(ast.StringTerm("lib"))
}

func packageName(path ast.Ref) string {
	return strings.TrimPrefix(path.String(), "data.")
}
