package policy

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/inventory/documents"
)

// refuseCalls names the builtins that exist in Rego but not for policies: the
// compiler would only call them undefined.
func (c *Compiler) refuseCalls(modules []*ast.Module) error {
	var errs []error
	refuse := func(ref ast.Ref, loc *ast.Location) {
		name := ref.String()
		if c.refused[name] {
			errs = append(errs, fmt.Errorf("%s: %s is not available to policies: they reach no network, environment, clock or chance, so that a verdict is the same wherever it is computed", position(loc), name))
		}
	}
	for _, m := range modules {
		ast.WalkExprs(m, func(e *ast.Expr) bool {
			if e.IsCall() {
				refuse(e.Operator(), e.Location)
			}
			for _, w := range e.With {
				if ref, ok := w.Value.Value.(ast.Ref); ok {
					refuse(ref, w.Location)
				}
			}
			return false
		})
		ast.WalkTerms(m, func(t *ast.Term) bool {
			if call, ok := t.Value.(ast.Call); ok {
				if ref, ok := call[0].Value.(ast.Ref); ok {
					refuse(ref, t.Location)
				}
			}
			return false
		})
	}
	return errors.Join(errs...)
}

// checkReads refuses reads of data that is not there for the policy: anything
// but its own package, its libs, data.tollgate, and of data.inventory the kinds
// it lists.
func checkReads(modules []*ast.Module, p *Policy, own ast.Ref) error {
	problems := map[string]bool{}
	for _, m := range modules {
		ast.WalkRefs(m, func(ref ast.Ref) bool {
			if !ref[0].Equal(ast.DefaultRootDocument) {
				return false
			}
			if why := refuseRead(p, own, ref); why != "" {
				problems[fmt.Sprintf("%s: %s", position(ref[0].Location), why)] = true
			}
			return false
		})
	}
	if len(problems) == 0 {
		return nil
	}
	var lines []string
	for line := range problems {
		lines = append(lines, line)
	}
	sort.Strings(lines)
	var errs []error
	for _, line := range lines {
		errs = append(errs, errors.New(line))
	}
	return errors.Join(errs...)
}

func refuseRead(p *Policy, own, ref ast.Ref) string {
	if ref.HasPrefix(own) {
		return ""
	}
	root, _ := text(ref, 1)
	switch root {
	case "inventory":
		return refuseInventory(p.Inventory, ref)
	case "tollgate":
		switch second, ok := text(ref, 2); {
		case !ok:
			return "a policy reads data.tollgate.<name>, not all of data.tollgate"
		case second == "baseline":
			return "a policy may not read another policy"
		case second == "lib" && p.Baseline:
			return ""
		case second == "lib":
			return "data.tollgate.lib is for Tollgate's own policies: write what you need into spec.libs, and import it as data.lib"
		case !slices.Contains(documents.Names(), second):
			return fmt.Sprintf("there is no document data.tollgate.%s; there are %s", second, strings.Join(documents.Names(), ", "))
		}
		return ""
	case "lib":
		if !p.Baseline {
			return ""
		}
	}
	return fmt.Sprintf("%s is not available: a policy reads input, its own rules, its libs (data.lib), data.tollgate, and data.inventory of the kinds it lists", ref)
}

// refuseInventory looks at data.inventory.namespace[ns][apiVersion][kind] and
// data.inventory.cluster[apiVersion][kind].
func refuseInventory(listed []v1alpha1.InventoryKind, ref ast.Ref) string {
	if len(listed) == 0 {
		return "the policy reads data.inventory and lists no kinds: name them in spec.inventory"
	}
	scope, ok := text(ref, 2)
	at := 0
	switch {
	case !ok:
		return ""
	case scope == "cluster":
		at = 3
	case scope == "namespace":
		at = 4
	default:
		return fmt.Sprintf("data.inventory has namespace and cluster, not %s", scope)
	}
	version, haveVersion := text(ref, at)
	kind, haveKind := text(ref, at+1)
	for _, k := range listed {
		if (!haveVersion || version == APIVersion(k)) && (!haveKind || kind == k.Kind) {
			return ""
		}
	}
	return fmt.Sprintf("the policy reads %s and does not list that kind in spec.inventory", ref)
}

// APIVersion of a listed kind, as objects and data.inventory write it.
func APIVersion(k v1alpha1.InventoryKind) string {
	if k.Group == "" {
		return k.Version
	}
	return k.Group + "/" + k.Version
}

// text returns the i-th part of a reference when it is a constant string.
func text(ref ast.Ref, i int) (string, bool) {
	if i >= len(ref) {
		return "", false
	}
	s, ok := ref[i].Value.(ast.String)
	return string(s), ok
}
