package engine

import (
	"context"
	"maps"
	"strings"
	"sync"
	"unique"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"

	"tollgate.dev/tollgate/rego/inventory"
)

// Reads are what a verdict stands on besides its review: the policies, the
// namespace, and every document of the inventory that was read. As long as they
// hold, another evaluation of the same review would say the same.
type Reads struct {
	set *set

	namespace           string
	labels, annotations map[string]string
	known               bool

	mu sync.Mutex
	// documents by their path: a stamp, a value where there is no stamp, nil for
	// what was not there.
	documents map[unique.Handle[string]]any
	// unsure: something was read that cannot be read again.
	unsure bool
}

// ValidateNoting does as Validate, and notes what the verdict stands on.
func (s *Snapshot) ValidateNoting(ctx context.Context, point Point, in Input) (Verdict, *Reads) {
	r := &Reads{set: s.set, namespace: in.Request.Namespace, documents: map[unique.Handle[string]]any{}}
	if s.inventory != nil && r.namespace != "" {
		r.labels, r.annotations, _, r.known = s.inventory.Namespace(r.namespace)
	}
	in.reads = r
	return s.Validate(ctx, point, in), r
}

// Hold says whether a snapshot has the same to read. The subject of the review
// is the caller's to compare.
func (r *Reads) Hold(s *Snapshot) bool {
	if s.set != r.set || s.inventory == nil {
		return false
	}
	if r.namespace != "" {
		labels, annotations, _, known := s.inventory.Namespace(r.namespace)
		if known != r.known || !maps.Equal(labels, r.labels) || !maps.Equal(annotations, r.annotations) {
			return false
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unsure {
		return false
	}
	for key, was := range r.documents {
		path := pathOf(key)
		if of, ok := was.(stamp); ok {
			if now, ok := s.inventory.Stamp(path); !ok || now != of.of {
				return false
			}
			continue
		}
		is, err := s.inventory.Read(context.Background(), nil, path)
		then, _ := was.(ast.Value)
		now, _ := is.(ast.Value)
		if err != nil && !storage.IsNotFound(err) || !same(then, now) {
			return false
		}
	}
	return true
}

// stamp stands for a document that is rendered when it is read: to keep what was
// read would take more memory than the inventory does.
type stamp struct{ of any }

// same compares documents; most are the same one.
func same(a, b ast.Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	switch a.(type) {
	case ast.Object, *ast.Array, ast.Set:
		if a == b {
			return true
		}
	}
	return a.Compare(b) == 0
}

func pathOf(key unique.Handle[string]) storage.Path {
	if key.Value() == "" {
		return storage.Path{}
	}
	return strings.Split(key.Value(), "\x00")
}

// noting is a store that notes what is read. Of a policy that sees less than the
// whole inventory it notes what the policy saw, which may never be the same as
// the whole: then its verdicts are made anew, which is slower and right.
type noting struct {
	storage.Store
	inventory *inventory.Inventory
	reads     *Reads
}

// Read implements storage.Store.
func (n noting) Read(ctx context.Context, txn storage.Transaction, path storage.Path) (any, error) {
	got, err := n.Store.Read(ctx, txn, path)
	if of, ok := n.inventory.Stamp(path); ok && err == nil {
		n.reads.note(path, stamp{of})
		return got, nil
	}
	switch value, ok := got.(ast.Value); {
	case storage.IsNotFound(err):
		n.reads.note(path, nil)
	case err != nil || !ok:
		n.reads.doubt()
	default:
		n.reads.note(path, value)
	}
	return got, err
}

func (r *Reads) note(path storage.Path, what any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.documents[unique.Make(strings.Join(path, "\x00"))] = what
}

func (r *Reads) doubt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsure = true
}
