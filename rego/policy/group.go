package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// CompileGroup compiles policies of the baseline together, with their libs once:
// evaluations of one review may then share what the libs computed. That is
// sound because no policy reads another and no lib reads input.parameters, which
// is the only thing about the input that differs between them; both are checked.
// The result has a Compiled for each policy id. When something in the group does
// not compile there is only an error; compile them one by one to know which.
func (c *Compiler) CompileGroup(policies []*Policy) (map[string]*Compiled, error) {
	var modules []Module
	for _, p := range policies {
		if !p.Baseline {
			return nil, fmt.Errorf("%s: only policies of the baseline are compiled together", p.ID)
		}
		modules = append(append(modules, p.Modules...), p.Libs...)
	}
	return guarded("the baseline", modules, func() (map[string]*Compiled, error) { return c.compileGroup(policies) })
}

func (c *Compiler) compileGroup(policies []*Policy) (map[string]*Compiled, error) {
	options := ast.ParserOptions{RegoVersion: ast.RegoV1, Capabilities: c.capabilities}
	libs := &libraries{parsed: map[Module]*ast.Module{}}
	mains := map[string][]*ast.Module{}
	all := map[string]*ast.Module{}
	for _, p := range policies {
		own, err := parseModules(p.Modules, options)
		if err != nil {
			return nil, err
		}
		if len(own) == 0 || mains[p.ID] != nil {
			return nil, fmt.Errorf("%s: the policy has no Rego or comes twice", p.ID)
		}
		mains[p.ID] = own
		for i, m := range own {
			all[fmt.Sprintf("%s/%d", p.ID, i)] = m
		}
		known, err := libs.parse(p.Libs, options)
		if err != nil {
			return nil, err
		}
		for _, m := range imported(own, known) {
			all["lib/"+m.Package.Path.String()+"/"+m.Package.Location.File] = m
		}
	}
	compiler := ast.NewCompiler().WithCapabilities(c.capabilities).WithStrict(true)
	together, err := compileModules(compiler, all, func(compiled map[string]*ast.Module) error {
		return checkGroup(policies, mains, compiled)
	})
	if err != nil {
		return nil, err
	}
	defer together.shed()
	out := make(map[string]*Compiled, len(policies))
	for _, p := range policies {
		compiled, err := together.query(mains[p.ID][0].Package.Path, RuleName(p.Kind))
		if err != nil {
			return nil, err
		}
		out[p.ID] = compiled
	}
	return out, nil
}

// checkGroup refuses what may not be compiled together.
func checkGroup(policies []*Policy, mains map[string][]*ast.Module, compiled map[string]*ast.Module) error {
	packages := map[string]string{}
	for _, p := range policies {
		own := mains[p.ID]
		path := own[0].Package.Path
		if other, taken := packages[path.String()]; taken {
			return fmt.Errorf("%s: %s has the same package", p.ID, other)
		}
		packages[path.String()] = p.ID
		if err := requireRule(own, RuleName(p.Kind)); err != nil {
			return err
		}
		for i := range own {
			if err := checkReads([]*ast.Module{compiled[fmt.Sprintf("%s/%d", p.ID, i)]}, p, path); err != nil {
				return err
			}
		}
	}
	return checkLibs(compiled, policies)
}

// libraries parses each text once: policies of the baseline share most.
type libraries struct {
	parsed map[Module]*ast.Module
}

func (l *libraries) parse(sources []Module, options ast.ParserOptions) ([]*ast.Module, error) {
	var out []*ast.Module
	for _, source := range sources {
		m := l.parsed[source]
		if m == nil {
			parsed, err := parseModules([]Module{source}, options)
			if err != nil {
				return nil, err
			}
			m = parsed[0]
			l.parsed[source] = m
		}
		out = append(out, m)
	}
	return out, nil
}

// checkLibs refuses libs that look at anything of the input but review and
// subject, and what no policy of the group may read.
func checkLibs(compiled map[string]*ast.Module, policies []*Policy) error {
	anybody := &Policy{Baseline: true}
	for _, p := range policies {
		anybody.Inventory = append(anybody.Inventory, p.Inventory...)
	}
	var libs []*ast.Module
	var found error
	for name, m := range compiled {
		if !strings.HasPrefix(name, "lib/") {
			continue
		}
		libs = append(libs, m)
		ast.WalkRefs(m, func(ref ast.Ref) bool {
			if !ref[0].Equal(ast.InputRootDocument) {
				return false
			}
			if part, ok := text(ref, 1); !ok || (part != "review" && part != "subject") {
				found = fmt.Errorf("%s: a lib of the baseline reads input.review and input.subject only, not %s; give it the rest as an argument", position(ref[0].Location), ref)
			}
			return false
		})
	}
	lib := ast.Ref{ast.DefaultRootDocument, ast.StringTerm("tollgate"), ast.StringTerm("lib")}
	return errors.Join(found, checkReads(libs, anybody, lib))
}
