package inventory

import (
	"maps"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// tree is a tree of documents by path. A snapshot shares the branches that did
// not change, with what was put together of them.
type tree struct {
	root *branch
	// epoch counts the snapshots: a branch of an earlier one is shared and is
	// copied before it is written to.
	epoch int
}

// branch is a leaf with a value or has children.
type branch struct {
	epoch    int
	value    ast.Value
	children map[string]*branch

	once  sync.Once
	whole ast.Value
}

func newTree() *tree { return &tree{root: &branch{children: map[string]*branch{}}} }

// set puts a value at a path. The paths of a tree never go through a value.
func (t *tree) set(path []string, v ast.Value) {
	t.root = t.own(t.root)
	b := t.root
	for _, step := range path[:len(path)-1] {
		next := t.own(b.children[step])
		b.children[step] = next
		b = next
	}
	b.children[path[len(path)-1]] = &branch{epoch: t.epoch, value: v}
}

// remove takes a value away, with the branches that are empty then.
func (t *tree) remove(path []string) {
	if t.root.at(path) == nil {
		return
	}
	t.root = t.own(t.root)
	t.prune(t.root, path)
}

func (t *tree) prune(b *branch, path []string) {
	step := path[0]
	if len(path) == 1 {
		delete(b.children, step)
		return
	}
	next := t.own(b.children[step])
	b.children[step] = next
	t.prune(next, path[1:])
	if len(next.children) == 0 {
		delete(b.children, step)
	}
}

// own returns a branch that may be written to: b itself if no snapshot has it.
func (t *tree) own(b *branch) *branch {
	switch {
	case b == nil:
		return &branch{epoch: t.epoch, children: map[string]*branch{}}
	case b.epoch == t.epoch:
		return b
	}
	return &branch{epoch: t.epoch, children: maps.Clone(b.children)}
}

// freeze returns the tree as it is now, as a document.
func (t *tree) freeze() *branch {
	t.epoch++
	return t.root
}

func (b *branch) at(path []string) *branch {
	for _, step := range path {
		if b = b.children[step]; b == nil {
			return nil
		}
	}
	return b
}

func (b *branch) find(path []string) (ast.Value, bool) {
	for i, step := range path {
		if b.value != nil {
			return descend(b.value, path[i:])
		}
		next := b.children[step]
		if next == nil {
			return nil, false
		}
		b = next
	}
	return b.document(), true
}

// document is the branch as one value, put together when it is first asked for.
func (b *branch) document() ast.Value {
	if b.value != nil {
		return b.value
	}
	b.once.Do(func() {
		pairs := make([][2]*ast.Term, 0, len(b.children))
		for k, child := range b.children {
			pairs = append(pairs, [2]*ast.Term{ast.StringTerm(k), ast.NewTerm(child.document())})
		}
		b.whole = ast.NewObject(pairs...)
	})
	return b.whole
}
