package manifest

import (
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// Position is where a field stands in its file.
type Position struct {
	// Line and Column count from 1; a column of 0 is not known.
	Line, Column int
	// Exact is false when the field itself is not in the file, and the position
	// is that of the nearest one around it.
	Exact bool
	// Value is the field's text as written, "" for a mapping or a sequence.
	Value string
}

// Position finds a field by its path, such as spec.rules[0].host. Keys with
// dots may stand plain, quoted or in brackets: metadata.annotations.a/b.c,
// metadata.annotations["a/b.c"], metadata.annotations[a/b.c].
func (d *Document) Position(field string) Position {
	at := Position{Line: d.Line}
	node := d.root
	if node == nil || field == "" {
		at.Exact = field == ""
		return at
	}
	for rest := field; ; {
		if rest = strings.TrimPrefix(rest, "."); rest == "" {
			at.Exact = true
			if node.Kind == yamlv3.ScalarNode {
				at.Value = node.Value
			}
			return at
		}
		mark, next, after := step(node, rest)
		if next == nil {
			return at
		}
		at.Line, at.Column = d.lines+mark.Line, mark.Column
		node, rest = next, after
	}
}

// step goes one element down: it returns the node that marks the place, the
// element's value, and the rest of the path.
func step(node *yamlv3.Node, path string) (mark, value *yamlv3.Node, rest string) {
	bracket := strings.HasPrefix(path, "[")
	switch node.Kind {
	case yamlv3.SequenceNode:
		end := strings.IndexByte(path, ']')
		if !bracket || end < 0 {
			return nil, nil, ""
		}
		i, err := strconv.Atoi(path[1:end])
		if err != nil || i < 0 || i >= len(node.Content) {
			return nil, nil, ""
		}
		return node.Content[i], target(node.Content[i]), path[end+1:]
	case yamlv3.MappingNode:
		// The longest key that the path goes on with, since keys hold dots.
		best := -1
		for key, val := range entries(node, 0) {
			for _, form := range []string{key.Value, "[" + key.Value + "]", `["` + key.Value + `"]`, "['" + key.Value + "']"} {
				after, ok := strings.CutPrefix(path, form)
				if ok && len(form) > best && (after == "" || after[0] == '.' || after[0] == '[') {
					best, mark, value, rest = len(form), key, target(val), after
				}
			}
		}
	}
	return mark, value, rest
}

// maxMerges bounds how deep << is followed.
const maxMerges = 10

// entries yields a mapping's own pairs, then those that << brings in.
func entries(node *yamlv3.Node, depth int) func(yield func(k, v *yamlv3.Node) bool) {
	return func(yield func(k, v *yamlv3.Node) bool) {
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, val := node.Content[i], node.Content[i+1]
			if key.Tag != "!!merge" {
				if !yield(key, val) {
					return
				}
				continue
			}
			if merged := target(val); depth < maxMerges && merged != nil && merged.Kind == yamlv3.MappingNode {
				for k, v := range entries(merged, depth+1) {
					if !yield(k, v) {
						return
					}
				}
			}
		}
	}
}

// child returns a mapping's value, nil when it has none.
func child(node *yamlv3.Node, key string) *yamlv3.Node {
	if node == nil || node.Kind != yamlv3.MappingNode {
		return nil
	}
	for k, v := range entries(node, 0) {
		if k.Value == key {
			return target(v)
		}
	}
	return nil
}

// target follows an alias to what it stands for.
func target(node *yamlv3.Node) *yamlv3.Node {
	for i := 0; node != nil && node.Kind == yamlv3.AliasNode && i < maxMerges; i++ {
		node = node.Alias
	}
	return node
}

// LineIn is the line of the file that holds a row, from 1, of the text in a
// field: the rows of a block of lines have lines of their own, all others are
// on the field's line.
func (d *Document) LineIn(field string, row int) int {
	at := d.Position(field)
	node := d.root
	for rest := field; at.Exact && node != nil && rest != ""; {
		rest = strings.TrimPrefix(rest, ".")
		_, node, rest = step(node, rest)
	}
	if at.Exact && node != nil && node.Kind == yamlv3.ScalarNode && node.Style&yamlv3.LiteralStyle != 0 {
		return d.lines + node.Line + row
	}
	return at.Line
}
