package audit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/subject"
)

// Ref names an object.
type Ref struct {
	Kind            schema.GroupVersionKind
	Namespace, Name string
}

func (r Ref) compare(o Ref) int {
	return cmp.Or(cmp.Compare(r.Kind.Group, o.Kind.Group), cmp.Compare(r.Kind.Kind, o.Kind.Kind), cmp.Compare(r.Name, o.Name))
}

// object is one object as JSON, without what no policy reads.
type object struct {
	ref Ref
	uid types.UID
	raw []byte
	// last is the last verdict on it.
	last atomic.Pointer[judged]
}

// judged is a verdict and what it stands on.
type judged struct {
	snapshot *engine.Snapshot
	subject  subject.Subject
	reads    *engine.Reads
	findings []Finding
}

// holds says whether the verdict is the one that a snapshot would give to an
// object of that subject.
func (j *judged) holds(s *engine.Snapshot, who subject.Subject) bool {
	return j.snapshot == s || j.subject == who && j.reads.Hold(s)
}

// Store holds what exists. It may be used from many goroutines.
type Store struct {
	mu         sync.RWMutex
	namespaces map[string]map[Ref]*object // "" holds the cluster-scoped objects
	count      int
	bytes      int64
}

// NewStore returns an empty store.
func NewStore() *Store { return &Store{namespaces: map[string]map[Ref]*object{}} }

// Put notes an object, which stays the caller's. An object that is no JSON is
// an error, and then the one that was known is forgotten: a verdict on what is
// no longer there would be wrong.
func (s *Store) Put(obj *unstructured.Unstructured) error {
	ref := Ref{Kind: obj.GroupVersionKind(), Namespace: obj.GetNamespace(), Name: obj.GetName()}
	raw, err := json.Marshal(withoutManagedFields(obj.Object))
	if err != nil {
		s.Delete(ref.Kind, ref.Namespace, ref.Name)
		return fmt.Errorf("noting %s %s/%s for the audit: %w", ref.Kind.Kind, ref.Namespace, ref.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.namespaces[ref.Namespace]
	if of == nil {
		of = map[Ref]*object{}
		s.namespaces[ref.Namespace] = of
	}
	if old := of[ref]; old == nil {
		s.count++
	} else {
		s.bytes -= int64(len(old.raw))
	}
	of[ref] = &object{ref: ref, uid: obj.GetUID(), raw: raw}
	s.bytes += int64(len(raw))
	return nil
}

// withoutManagedFields returns a copy that shares everything else.
func withoutManagedFields(o map[string]any) map[string]any {
	meta, ok := o["metadata"].(map[string]any)
	if !ok || meta["managedFields"] == nil {
		return o
	}
	o, meta = maps.Clone(o), maps.Clone(meta)
	delete(meta, "managedFields")
	o["metadata"] = meta
	return o
}

// Delete forgets an object.
func (s *Store) Delete(kind schema.GroupVersionKind, namespace, name string) {
	ref := Ref{Kind: kind, Namespace: namespace, Name: name}
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.namespaces[namespace]
	old := of[ref]
	if old == nil {
		return
	}
	delete(of, ref)
	s.count--
	s.bytes -= int64(len(old.raw))
	if len(of) == 0 {
		delete(s.namespaces, namespace)
	}
}

// Size returns how many objects the store holds, and the bytes of their JSON.
func (s *Store) Size() (objects int, bytes int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.count, s.bytes
}

// Namespaces returns those that hold an object, sorted.
func (s *Store) Namespaces() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]string, 0, len(s.namespaces))
	for ns := range s.namespaces {
		if ns != "" {
			out = append(out, ns)
		}
	}
	slices.Sort(out)
	return out
}

// in returns the objects of a namespace, sorted.
func (s *Store) in(namespace string) []*object {
	s.mu.RLock()
	of := s.namespaces[namespace]
	out := slices.AppendSeq(make([]*object, 0, len(of)), maps.Values(of))
	s.mu.RUnlock()
	slices.SortFunc(out, func(a, b *object) int { return a.ref.compare(b.ref) })
	return out
}
