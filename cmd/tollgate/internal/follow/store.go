package follow

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"
)

// Sink is told of objects. It does not keep or change them.
type Sink interface {
	// Put takes in an object that exists: new, changed or the same again.
	Put(obj *unstructured.Unstructured)
	// Delete forgets an object.
	Delete(gvk schema.GroupVersionKind, namespace, name string)
}

// place is where an object is.
type place struct{ namespace, name string }

// store is what a reflector fills: it hands objects on and remembers only
// where they are, to tell what has gone when everything is read anew.
type store struct {
	sinks []Sink
	// changed is called after each change, replaced after everything has been read.
	changed, replaced func()

	mu     sync.Mutex
	gvk    schema.GroupVersionKind
	known  map[place]struct{}
	synced bool
}

var _ cache.TransformingStore = (*store)(nil)

// use sets as what the objects that come are read.
func (s *store) use(gvk schema.GroupVersionKind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gvk = gvk
}

// Add implements cache.ReflectorStore.
func (s *store) Add(obj any) error { return s.Update(obj) }

// Update implements cache.ReflectorStore.
func (s *store) Update(obj any) error {
	u, err := s.read(obj)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.put(u)
	s.mu.Unlock()
	s.changed()
	return nil
}

// Delete implements cache.ReflectorStore.
func (s *store) Delete(obj any) error {
	if gone, ok := obj.(cache.DeletedFinalStateUnknown); ok {
		obj = gone.Obj
	}
	m, err := meta.Accessor(obj)
	if err != nil {
		return fmt.Errorf("following objects: %w", err)
	}
	s.mu.Lock()
	s.drop(place{m.GetNamespace(), m.GetName()})
	s.mu.Unlock()
	s.changed()
	return nil
}

// Replace implements cache.ReflectorStore: the list is everything there is.
func (s *store) Replace(list []any, _ string) error {
	objects := make([]*unstructured.Unstructured, 0, len(list))
	now := make(map[place]struct{}, len(list))
	for _, obj := range list {
		u, err := s.read(obj)
		if err != nil {
			return err
		}
		objects = append(objects, u)
		now[place{u.GetNamespace(), u.GetName()}] = struct{}{}
	}
	s.mu.Lock()
	for at := range s.known {
		if _, still := now[at]; !still {
			s.drop(at)
		}
	}
	for _, u := range objects {
		s.put(u)
	}
	s.synced = true
	s.mu.Unlock()
	s.changed()
	s.replaced()
	return nil
}

// Resync implements cache.ReflectorStore.
func (s *store) Resync() error { return nil }

// Transformer implements cache.TransformingStore: what nobody reads and what can
// be larger than the rest goes before anything is gathered.
func (s *store) Transformer() cache.TransformFunc {
	return func(obj any) (any, error) {
		if u, ok := obj.(*unstructured.Unstructured); ok {
			u.SetManagedFields(nil)
		}
		return obj, nil
	}
}

func (s *store) read(obj any) (*unstructured.Unstructured, error) {
	u, ok := obj.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("following objects: %T is none", obj)
	}
	u.SetManagedFields(nil)
	return u, nil
}

// put and drop are called with the lock held, so that two changes of an object
// arrive in order.
func (s *store) put(u *unstructured.Unstructured) {
	if s.known == nil {
		s.known = map[place]struct{}{}
	}
	s.known[place{u.GetNamespace(), u.GetName()}] = struct{}{}
	for _, sink := range s.sinks {
		sink.Put(u)
	}
}

func (s *store) drop(at place) {
	delete(s.known, at)
	for _, sink := range s.sinks {
		sink.Delete(s.gvk, at.namespace, at.name)
	}
}

// state tells whether everything has been read, and how much there is.
func (s *store) state() (synced bool, objects int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.synced, len(s.known)
}

// leave has the sinks forget what another store of the same kind does not know.
// The store is not used afterwards.
func (s *store) leave(other *store) {
	other.mu.Lock()
	defer other.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := range s.known {
		if _, still := other.known[at]; !still {
			s.drop(at)
		}
	}
	s.sinks = nil
}
