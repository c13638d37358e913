package gatekeeper

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// syncAnnotation names the kinds that a template of Gatekeeper's library reads.
const syncAnnotation = "metadata.gatekeeper.sh/requires-sync-data"

// inventory lists what the template reads of data.inventory: the kinds that its
// Rego names, those of its annotation, and those the caller adds.
func (t *template) inventory(added []v1alpha1.InventoryKind) ([]v1alpha1.InventoryKind, error) {
	var kinds []v1alpha1.InventoryKind
	var open []string // reads whose kind is not constant
	reads := false
	for _, m := range t.modules {
		aliases := inventoryNames(m)
		ast.WalkRefs(m, func(ref ast.Ref) bool {
			path, ok := belowInventory(ref, aliases)
			if !ok {
				return false
			}
			reads = true
			if kind, ok := static(path); ok {
				kinds = append(kinds, kind)
			} else {
				open = append(open, fmt.Sprintf("%s: %s", ref[0].Location, ref))
			}
			return false
		})
	}
	if !reads {
		return nil, nil
	}
	if len(open) > 0 && len(t.needs)+len(added) == 0 {
		return nil, fmt.Errorf("it reads data.inventory by a kind or version that stands in no constant (%s): name the kinds it reads with --inventory GROUP/VERSION/KIND, such as --inventory networking.k8s.io/v1/Ingress", open[0])
	}
	kinds = append(append(kinds, t.needs...), added...)
	slices.SortFunc(kinds, func(a, b v1alpha1.InventoryKind) int {
		return strings.Compare(a.Group+"/"+a.Version+"/"+a.Kind, b.Group+"/"+b.Version+"/"+b.Kind)
	})
	return slices.Compact(kinds), nil
}

// inventoryNames are the names under which a module imports parts of
// data.inventory, with the path that each stands for.
func inventoryNames(m *ast.Module) map[ast.Var]ast.Ref {
	names := map[ast.Var]ast.Ref{}
	for _, i := range m.Imports {
		ref, ok := i.Path.Value.(ast.Ref)
		if ok && isInventory(ref) {
			names[i.Name()] = ref
		}
	}
	return names
}

func isInventory(ref ast.Ref) bool {
	return len(ref) >= 2 && ref[0].Equal(ast.DefaultRootDocument) && ref[1].Equal(ast.StringTerm("inventory"))
}

// belowInventory returns what of a reference stands behind data.inventory.
func belowInventory(ref ast.Ref, aliases map[ast.Var]ast.Ref) (ast.Ref, bool) {
	if isInventory(ref) {
		return ref[2:], true
	}
	if name, ok := ref[0].Value.(ast.Var); ok {
		if full, ok := aliases[name]; ok {
			return append(slices.Clone(full[2:]), ref[1:]...), true
		}
	}
	return nil, false
}

// static reads namespace[ns][apiVersion][kind] and cluster[apiVersion][kind].
func static(path ast.Ref) (v1alpha1.InventoryKind, bool) {
	var kind v1alpha1.InventoryKind
	scope, ok := text(path, 0)
	at := 1
	if scope == "namespace" {
		at = 2
	}
	version, haveVersion := text(path, at)
	name, haveKind := text(path, at+1)
	if !ok || !haveVersion || !haveKind {
		return kind, false
	}
	group, rest, grouped := strings.Cut(version, "/")
	if !grouped {
		group, rest = "", version
	}
	return v1alpha1.InventoryKind{Group: group, Version: rest, Kind: name}, true
}

func text(ref ast.Ref, i int) (string, bool) {
	if i >= len(ref) {
		return "", false
	}
	s, ok := ref[i].Value.(ast.String)
	return string(s), ok
}

// syncData reads the annotation: JSON text of lists of kinds, each list a
// choice between kinds that hold the same objects.
func syncData(annotation string) ([]v1alpha1.InventoryKind, error) {
	annotation = strings.TrimSpace(annotation)
	if annotation == "" {
		return nil, nil
	}
	var inner string
	if json.Unmarshal([]byte(annotation), &inner) == nil {
		annotation = inner // the text is often quoted once more
	}
	var choices [][]struct{ Groups, Versions, Kinds []string }
	if err := json.Unmarshal([]byte(annotation), &choices); err != nil {
		return nil, fmt.Errorf("reading the annotation %s: %w", syncAnnotation, err)
	}
	var out []v1alpha1.InventoryKind
	for _, choice := range choices {
		for _, c := range choice {
			for _, group := range c.Groups {
				for _, version := range c.Versions {
					for _, kind := range c.Kinds {
						out = append(out, v1alpha1.InventoryKind{Group: group, Version: version, Kind: kind})
					}
				}
			}
		}
	}
	return out, nil
}

// ParseKind reads GROUP/VERSION/KIND, or VERSION/KIND for the core group.
func ParseKind(s string) (v1alpha1.InventoryKind, error) {
	parts := strings.Split(s, "/")
	if len(parts) == 2 {
		parts = append([]string{""}, parts...)
	}
	if len(parts) != 3 || parts[1] == "" || parts[2] == "" {
		return v1alpha1.InventoryKind{}, fmt.Errorf("%q is not GROUP/VERSION/KIND, or VERSION/KIND for the core group", s)
	}
	return v1alpha1.InventoryKind{Group: parts[0], Version: parts[1], Kind: parts[2]}, nil
}
