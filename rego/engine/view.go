package engine

import (
	"context"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"

	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
)

// listedKind is a kind of objects as data.inventory writes it.
type listedKind struct{ apiVersion, kind string }

func listedKinds(p *policy.Policy) map[listedKind]bool {
	out := make(map[listedKind]bool, len(p.Inventory))
	for _, k := range p.Inventory {
		out[listedKind{policy.APIVersion(k), k.Kind}] = true
	}
	return out
}

// view is an inventory as one policy sees it: of whole objects only the kinds
// that it lists. A verdict then does not depend on what other policies list. It
// is used only where they list more.
type view struct {
	*inventory.Inventory
	listed map[listedKind]bool

	mu   sync.Mutex
	memo map[string]ast.Value // documents above the kinds, without what is not listed
}

// Read implements storage.Store.
func (v *view) Read(ctx context.Context, txn storage.Transaction, path storage.Path) (any, error) {
	if len(path) == 0 || path[0] != "inventory" {
		return v.Inventory.Read(ctx, txn, path)
	}
	at := versionAt(path)
	if at > 0 && len(path) > at+1 {
		if !v.listed[listedKind{path[at], path[at+1]}] {
			return nil, notThere(path)
		}
		return v.Inventory.Read(ctx, txn, path)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	key := strings.Join(path, "\x00")
	if known, ok := v.memo[key]; ok {
		return known, nil
	}
	whole, err := v.Inventory.Read(ctx, txn, path)
	if err != nil {
		return nil, err
	}
	obj, ok := whole.(ast.Object)
	if !ok {
		return whole, nil
	}
	kept := v.keep(path, obj)
	if kept.Len() == 0 && len(path) > 2 {
		return nil, notThere(path)
	}
	if v.memo == nil {
		v.memo = map[string]ast.Value{}
	}
	v.memo[key] = kept
	return kept, nil
}

func notThere(path storage.Path) error {
	return &storage.Error{Code: storage.NotFoundErr, Message: path.String() + ": document does not exist"}
}

// versionAt is where a path has the apiVersion: inventory, namespace, its name,
// apiVersion, kind; or inventory, cluster, apiVersion, kind. 0 when the path is
// too short to tell.
func versionAt(path storage.Path) int {
	switch {
	case len(path) < 2:
		return 0
	case path[1] == "cluster":
		return 2
	}
	return 3
}

// keep drops from a document what is not listed.
func (v *view) keep(path storage.Path, obj ast.Object) ast.Object {
	at := versionAt(path)
	kept := ast.NewObject()
	obj.Foreach(func(key, value *ast.Term) {
		name := textOf(key.Value)
		if at > 0 && len(path) == at+1 {
			if v.listed[listedKind{path[at], name}] {
				kept.Insert(key, value)
			}
			return
		}
		if inner, ok := value.Value.(ast.Object); ok {
			if inner = v.keep(append(path[:len(path):len(path)], name), inner); inner.Len() > 0 {
				kept.Insert(key, ast.NewTerm(inner))
			}
		}
	})
	return kept
}

// views are the views of one inventory, by policy.
type views struct {
	mu   sync.Mutex
	byID map[string]*view
}

// store is the inventory as a policy sees it.
func (s *Snapshot) store(u *unit) storage.Store {
	if len(u.policy.Inventory) == 0 || u.sees == s.set.kinds {
		return s.inventory
	}
	s.views.mu.Lock()
	defer s.views.mu.Unlock()
	v := s.views.byID[u.policy.ID]
	if v == nil {
		if s.views.byID == nil {
			s.views.byID = map[string]*view{}
		}
		v = &view{Inventory: s.inventory, listed: listedKinds(u.policy)}
		s.views.byID[u.policy.ID] = v
	}
	return v
}
