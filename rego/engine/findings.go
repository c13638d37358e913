package engine

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Bounds of what one policy may answer. More results than maxResults are a
// failure of the policy; longer texts are cut.
const (
	maxResults = 1000
	maxMessage = 2048 // bytes
	maxField   = 512  // bytes
	maxDetails = 16 << 10
)

// finding is one element of a policy's rule violation.
type finding struct {
	message string
	field   string
	remedy  string
	details map[string]any
}

// readFindings takes what the rule violation yields, in a fixed order.
func readFindings(v ast.Value) ([]finding, error) {
	set, err := elements(v)
	if err != nil || len(set) == 0 {
		return nil, err
	}
	found := make([]finding, 0, len(set))
	for _, t := range set {
		f, err := readFinding(t)
		if err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	slices.SortStableFunc(found, compareFindings)
	return slices.CompactFunc(found, func(a, b finding) bool { return a.field == b.field && a.message == b.message }), nil
}

func compareFindings(a, b finding) int {
	if c := strings.Compare(a.field, b.field); c != 0 {
		return c
	}
	return strings.Compare(a.message, b.message)
}

// elements of the set that a rule yields, sorted.
func elements(v ast.Value) ([]*ast.Term, error) {
	if v == nil {
		return nil, nil
	}
	set, ok := v.(ast.Set)
	if !ok {
		return nil, fmt.Errorf("the rule yields %s, not a set", ast.ValueName(v))
	}
	if set.Len() > maxResults {
		return nil, fmt.Errorf("the rule yields %d results; at most %d are taken", set.Len(), maxResults)
	}
	return set.Slice(), nil
}

func readFinding(t *ast.Term) (finding, error) {
	obj, ok := t.Value.(ast.Object)
	if !ok {
		return finding{message: cut(messageOf(t.Value), maxMessage)}, nil
	}
	f := finding{message: cut(messageOf(member(obj, "msg")), maxMessage)}
	details, ok := member(obj, "details").(ast.Object)
	if !ok {
		if other := member(obj, "details"); other != nil {
			converted, err := toJSON(other)
			if err != nil {
				return f, err
			}
			f.details = map[string]any{"details": converted}
		}
		return f, nil
	}
	f.field = cut(textOf(member(details, "field")), maxField)
	f.remedy = cut(textOf(member(details, "remedy")), maxMessage)
	rest := map[string]any{}
	size := 0
	for _, key := range details.Keys() {
		name := keyText(key.Value)
		if name == "field" || name == "remedy" {
			continue
		}
		val := details.Get(key).Value
		if size += sizeOf(val, maxDetails); size > maxDetails {
			rest["truncated"] = true
			break
		}
		converted, err := toJSON(val)
		if err != nil {
			return f, err
		}
		rest[name] = converted
	}
	if len(rest) > 0 {
		f.details = rest
	}
	return f, nil
}

func toJSON(v ast.Value) (any, error) {
	if sizeOf(v, maxDetails) > maxDetails {
		return "(too large to show)", nil
	}
	converted, err := ast.JSON(v)
	if err != nil {
		return nil, fmt.Errorf("reading the details of a violation: %w", err)
	}
	return converted, nil
}

func messageOf(v ast.Value) string {
	switch v := v.(type) {
	case nil:
		return "the policy is violated; it gives no message"
	case ast.String:
		if s := strings.TrimSpace(string(v)); s != "" {
			return string(v)
		}
		return "the policy is violated; its message is empty"
	}
	if sizeOf(v, maxDetails) > maxDetails {
		return "the policy is violated; its message is no text and too large to show"
	}
	return v.String()
}

func keyText(v ast.Value) string {
	if s, ok := v.(ast.String); ok {
		return string(s)
	}
	return v.String()
}

// sizeOf estimates the bytes of a value's JSON, up to a bound.
func sizeOf(v ast.Value, bound int) int {
	size := 0
	var add func(v ast.Value)
	add = func(v ast.Value) {
		if size > bound {
			return
		}
		switch v := v.(type) {
		case ast.String:
			size += len(v) + 2
		case ast.Number:
			size += len(v)
		case *ast.Array:
			size += 2
			v.Until(func(t *ast.Term) bool { add(t.Value); return size > bound })
		case ast.Set:
			size += 2
			v.Until(func(t *ast.Term) bool { add(t.Value); return size > bound })
		case ast.Object:
			size += 2
			v.Until(func(k, t *ast.Term) bool { add(k.Value); add(t.Value); return size > bound })
		default:
			size += 5
		}
	}
	add(v)
	return size
}

// cut shortens a text to n bytes and no half characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[:n-3]
	for len(s) > 0 && !utf8.ValidString(s[max(0, len(s)-utf8.UTFMax):]) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
