package engine

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// wanted is one patch and the policy that wants it.
type wanted struct {
	patch Patch
	value ast.Value
	unit  *unit
}

// Mutate asks all mutation policies that match a CREATE or UPDATE. The patches
// are sorted so that each can be applied after those before it; they leave out
// what the object already has, so they are none for an object they were applied
// to. The violations are failures of policies: of two policies that want
// different things in one place, the one later in the alphabet fails.
func (s *Snapshot) Mutate(ctx context.Context, in Input) ([]Patch, []Violation) {
	if s.set == nil || s.inventory == nil {
		return nil, denied(errNotReady).Violations
	}
	if err := in.ensure(); err != nil {
		return nil, denied(err).Violations
	}
	if op := in.Request.Operation; op != admissionv1.Create && op != admissionv1.Update {
		return nil, nil
	}
	var all []wanted
	var failures []Violation
	jobs := s.evaluate(ctx, s.set.mutations, in)
	for i := range jobs {
		j := &jobs[i]
		result := "pass"
		if j.out.err == nil {
			var mine []wanted
			if mine, j.out.err = readPatches(j.unit, in.converted.object, j.out.value); j.out.err == nil {
				j.out.err = conflict(all, mine)
			}
			if j.out.err == nil && action(j.unit.policy, Webhook) != v1alpha1.PolicyDryRun {
				all = append(all, mine...)
			}
			if len(mine) > 0 {
				result = "violation"
			}
		}
		if j.out.err != nil {
			result = resultOf(j.out)
			failures = append(failures, failure(j.unit, Webhook, j.out))
		}
		s.observe(j, Webhook, result)
	}
	sortViolations(failures)
	return merge(in.converted.object, all), failures
}

// readPatches takes what the rule mutation yields and drops what the object has
// already.
func readPatches(u *unit, object, v ast.Value) ([]wanted, error) {
	set, err := elements(v)
	if err != nil {
		return nil, err
	}
	var out []wanted
	for _, t := range set {
		obj, ok := t.Value.(ast.Object)
		if !ok {
			return nil, fmt.Errorf("the rule mutation yields %s, not objects with op, path and value", ast.ValueName(t.Value))
		}
		w := wanted{unit: u, value: member(obj, "value")}
		w.patch.Op, w.patch.Path = textOf(member(obj, "op")), textOf(member(obj, "path"))
		if err := w.check(object); err != nil {
			return nil, err
		}
		present, same := lookup(object, pathParts(w.patch.Path), w.value)
		same = same || (present && w.empty())
		if (w.patch.Op == "remove" && !present) || (w.patch.Op != "remove" && same) {
			continue
		}
		if w.patch.Op != "remove" {
			if w.patch.Value, err = ast.JSON(w.value); err != nil {
				return nil, fmt.Errorf("reading the value of the patch of %s: %w", w.patch.Path, err)
			}
			w.patch.Op = "add" // in an object, add replaces what is there
		}
		out = append(out, w)
	}
	out = slices.DeleteFunc(out, func(w wanted) bool { return w.makesRoom(out) })
	return out, conflict(nil, out)
}

// makesRoom says whether a patch only creates the object that another one puts
// something into; merge does that anyway.
func (w *wanted) makesRoom(others []wanted) bool {
	return w.empty() &&
		slices.ContainsFunc(others, func(o wanted) bool { return strings.HasPrefix(o.patch.Path, w.patch.Path+"/") })
}

// empty says whether a patch adds an empty object: it asks that there be one,
// not that what is there goes.
func (w *wanted) empty() bool {
	obj, ok := w.value.(ast.Object)
	return ok && w.patch.Op == "add" && obj.Len() == 0
}

func (w *wanted) check(object ast.Value) error {
	switch w.patch.Op {
	case "add", "replace":
		if _, null := w.value.(ast.Null); w.value == nil || null {
			return fmt.Errorf("the patch of %s has no value", w.patch.Path)
		}
	case "remove":
	default:
		return fmt.Errorf("the patch of %q has the op %q; add, replace and remove are taken", w.patch.Path, w.patch.Op)
	}
	parts := pathParts(w.patch.Path)
	if len(parts) == 0 {
		return fmt.Errorf("the path %q is none; write it as /spec/field", w.patch.Path)
	}
	at := object
	for i, part := range parts {
		switch v := at.(type) {
		case ast.Object:
			at = member(v, part)
		case *ast.Array:
			n, ok := index(part, v.Len())
			if !ok || i == len(parts)-1 {
				return fmt.Errorf("the path %s adds or removes an element of a list; patches change members of objects", w.patch.Path)
			}
			at = v.Elem(n).Value
		case nil, ast.Null:
			at = nil
		default:
			return fmt.Errorf("the path %s leads through %s", w.patch.Path, ast.ValueName(at))
		}
	}
	return nil
}

// conflict finds two patches that cannot both be had.
func conflict(earlier, later []wanted) error {
	for i, b := range later {
		for _, a := range append(slices.Clip(earlier), later[:i]...) {
			same := a.patch.Path == b.patch.Path
			inside := strings.HasPrefix(a.patch.Path, b.patch.Path+"/") || strings.HasPrefix(b.patch.Path, a.patch.Path+"/")
			clash := same && !(a.patch.Op == b.patch.Op && reflect.DeepEqual(a.patch.Value, b.patch.Value))
			if !clash && !(inside && !same) {
				continue
			}
			return fmt.Errorf("it wants to change %s, and %s wants to change %s otherwise", b.patch.Path, a.unit.policy.ID, a.patch.Path)
		}
	}
	return nil
}

// merge sorts patches, drops duplicates and adds the objects that must exist
// before something is put into them.
func merge(object ast.Value, all []wanted) []Patch {
	parents := map[string]bool{}
	var patches []Patch
	for _, w := range all {
		parts := pathParts(w.patch.Path)
		for i := 1; i < len(parts) && w.patch.Op == "add"; i++ {
			path := joinPath(parts[:i])
			if present, _ := lookup(object, parts[:i], nil); !present && !parents[path] {
				parents[path] = true
				patches = append(patches, Patch{Op: "add", Path: path, Value: map[string]any{}})
			}
		}
		patches = append(patches, w.patch)
	}
	slices.SortStableFunc(patches, func(a, b Patch) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Op, b.Op))
	})
	return slices.CompactFunc(patches, func(a, b Patch) bool { return a.Path == b.Path })
}

// lookup says whether there is something at a path, null counting as nothing,
// and whether it equals a value.
func lookup(at ast.Value, parts []string, v ast.Value) (present, same bool) {
	for _, part := range parts {
		switch node := at.(type) {
		case ast.Object:
			at = member(node, part)
		case *ast.Array:
			n, ok := index(part, node.Len())
			if !ok {
				return false, false
			}
			at = node.Elem(n).Value
		default:
			return false, false
		}
	}
	if _, null := at.(ast.Null); null || at == nil {
		return false, false
	}
	return true, v != nil && at.Compare(v) == 0
}

func index(part string, n int) (int, bool) {
	i, err := strconv.Atoi(part)
	if err != nil || i < 0 || i >= n || strconv.Itoa(i) != part {
		return 0, false
	}
	return i, true
}

// pathParts splits a JSON pointer (RFC 6901); none for what is no pointer.
func pathParts(path string) []string {
	if !strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/") {
		return nil
	}
	parts := strings.Split(path[1:], "/")
	for i, p := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(p)
	}
	return parts
}

func joinPath(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(p))
	}
	return b.String()
}
