package follow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
)

// remembered is a Sink that remembers what it was told.
type remembered struct {
	mu      sync.Mutex
	objects map[string]string // label v by namespace/name
}

func (r *remembered) Put(u *unstructured.Unstructured) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.objects == nil {
		r.objects = map[string]string{}
	}
	r.objects[u.GetNamespace()+"/"+u.GetName()] = u.GetLabels()["v"]
}

func (r *remembered) Delete(_ schema.GroupVersionKind, namespace, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.objects, namespace+"/"+name)
}

func (r *remembered) is(want map[string]string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return cmp.Diff(want, r.objects)
}

func object(kind, namespace, name, v string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(schema.GroupVersionKind{Group: "things.example", Version: "v1", Kind: kind})
	u.SetNamespace(namespace)
	u.SetName(name)
	u.SetLabels(map[string]string{"v": v})
	u.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: "x"}})
	return u
}

func TestStoreHandsOnWhatChanges(t *testing.T) {
	t.Parallel()
	var sink remembered
	changes, replaced := 0, 0
	s := &store{sinks: []Sink{&sink}, changed: func() { changes++ }, replaced: func() { replaced++ }}
	check := func(err error, want map[string]string) {
		t.Helper()
		if diff := sink.is(want); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	check(s.Replace([]any{object("Thing", "a", "one", "1"), object("Thing", "a", "two", "1")}, ""), map[string]string{"a/one": "1", "a/two": "1"})
	check(s.Add(object("Thing", "b", "one", "1")), map[string]string{"a/one": "1", "a/two": "1", "b/one": "1"})
	check(s.Update(object("Thing", "a", "one", "2")), map[string]string{"a/one": "2", "a/two": "1", "b/one": "1"})
	check(s.Delete(cache.DeletedFinalStateUnknown{Obj: object("Thing", "a", "two", "1")}), map[string]string{"a/one": "2", "b/one": "1"})
	// What went while nobody watched is missing from the next list.
	check(s.Replace([]any{object("Thing", "b", "one", "3")}, ""), map[string]string{"b/one": "3"})
	if synced, n := s.state(); !synced || n != 1 || changes != 5 || replaced != 2 {
		t.Errorf("synced %v, %d objects, %d changes, %d lists", synced, n, changes, replaced)
	}
	if err := errors.Join(s.Add("rubbish")); err == nil {
		t.Error("rubbish was taken")
	}
	kept, err := s.Transformer()(object("Thing", "a", "b", "1"))
	if err != nil || len(kept.(*unstructured.Unstructured).GetManagedFields()) > 0 {
		t.Errorf("%v, %v", kept, err)
	}
	// A later store of the same kind did not find it any more.
	s.leave(&store{known: map[place]struct{}{}})
	check(nil, map[string]string{})
}

// served is a discoverer of fixed answers by group and version.
type served map[string]any // []string of kinds, or an error

func (s served) ServerResourcesForGroupVersionWithContext(_ context.Context, gv string) (*metav1.APIResourceList, error) {
	switch answer := s[gv].(type) {
	case []string:
		list := &metav1.APIResourceList{GroupVersion: gv}
		for _, kind := range answer {
			list.APIResources = append(list.APIResources,
				metav1.APIResource{Name: kind + "s/status", Kind: kind, Verbs: []string{"get", "patch"}},
				metav1.APIResource{Name: kind + "s", Kind: kind, Verbs: []string{"get", "list", "watch"}})
		}
		return list, nil
	case error:
		return nil, answer
	default:
		return nil, apierrors.NewNotFound(schema.GroupResource{}, gv)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	thing := resource{GroupKind: schema.GroupKind{Group: "things.example", Kind: "Thing"}, versions: []string{"v1", "v1beta1"}}
	away := errors.New("away")
	for _, tt := range []struct {
		name   string
		served served
		want   string
		err    error
	}{
		{name: "the best version", served: served{"things.example/v1": []string{"Thing"}, "things.example/v1beta1": []string{"Thing"}}, want: "v1"},
		{name: "an older one", served: served{"things.example/v1": []string{"Other"}, "things.example/v1beta1": []string{"Thing"}}, want: "v1beta1"},
		{name: "none", served: served{}, err: errAbsent},
		{name: "not known", served: served{"things.example/v1": away}, err: away},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := thing.find(t.Context(), tt.served)
			if !errors.Is(err, tt.err) || got.GroupVersionResource.Version != tt.want || tt.want != "" && got.Resource != "Things" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestStreamIsSettledWhenItIsKnown(t *testing.T) {
	t.Parallel()
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "things"}, "", nil)
	for _, tt := range []struct {
		name            string
		required        bool
		synced, absent  bool
		err             error
		settled, broken bool
	}{
		{name: "being read"},
		{name: "read", synced: true, settled: true},
		{name: "read, and now away", synced: true, err: errors.New("away"), settled: true},
		{name: "away", err: errors.New("away")},
		{name: "forbidden", err: forbidden, settled: true, broken: true},
		{name: "not installed", absent: true, synced: true, settled: true},
		{name: "required and not installed", required: true, absent: true, synced: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStream(resource{required: tt.required}, calls{})
			s.store.synced, s.absent, s.err = tt.synced, tt.absent, tt.err
			settled, err := s.settled()
			if settled != tt.settled || (err != nil) != tt.broken {
				t.Errorf("%v, %v", settled, err)
			}
			if (s.problem() == "") != (tt.settled && !tt.broken) {
				t.Errorf("problem %q", s.problem())
			}
		})
	}
}

// What is known may be old while nothing arrives, and the metrics say so.
func TestAFailingWatchIsSeen(t *testing.T) {
	t.Parallel()
	f := &Follower{policies: newStream(resource{GroupKind: schema.GroupKind{Kind: "Thing"}}, calls{turned: func() {}})}
	f.policies.store.synced = true
	for _, tt := range []struct {
		name string
		err  error
	}{{name: "read"}, {name: "away", err: errors.New("away")}, {name: "back"}} {
		f.policies.note(false, tt.err)
		if got := f.Synced()["Thing"]; got != (tt.err == nil) {
			t.Errorf("%s: synced %t", tt.name, got)
		}
		if settled, err := f.policies.settled(); !settled || err != nil {
			t.Errorf("%s: what was read no longer counts", tt.name)
		}
	}
}

// TestPoliciesWaitForTheirInventory has a policy that is replaced by one that
// names a kind: the old one stays until the kind has been read.
func TestPoliciesWaitForTheirInventory(t *testing.T) {
	t.Parallel()
	kind := v1alpha1.InventoryKind{Group: "things.example", Version: "v1", Kind: "Thing"}
	g := &generation{whole: map[v1alpha1.InventoryKind]*wholeKind{}, last: map[string]*policy.Policy{}}
	old := &policy.Policy{ID: "mine", Title: "old"}
	fresh := &policy.Policy{ID: "mine", Title: "new", Inventory: []v1alpha1.InventoryKind{kind}}
	other := &policy.Policy{ID: "other", Inventory: []v1alpha1.InventoryKind{kind}}
	titles := func(all []*policy.Policy) (out []string) {
		for _, p := range all {
			out = append(out, fmt.Sprint(p.ID, " ", p.Title, " ", p.Unable != nil))
		}
		return out
	}
	step := func(want []string, waiting int, policies ...*policy.Policy) {
		t.Helper()
		var all []collected
		for _, p := range policies {
			all = append(all, collected{policy: p})
		}
		now, waits := g.ready(all)
		if got := titles(now); !slices.Equal(got, want) || len(waits) != waiting {
			t.Errorf("%v, %v wait; want %v, %d", got, waits, want, waiting)
		}
	}
	step([]string{"mine old false"}, 0, old)
	s := newStream(resource{}, calls{})
	g.whole[kind] = &wholeKind{stream: s}
	step([]string{"mine old false"}, 2, fresh, other)
	s.err = apierrors.NewForbidden(schema.GroupResource{}, "", nil)
	step([]string{"mine new true", "other  true"}, 0, fresh, other)
	s.err, s.store.synced = nil, true
	step([]string{"mine new false", "other  false"}, 0, fresh, other)
	step([]string{"other  false"}, 0, other)
	if fresh.Unable != nil || other.Unable != nil {
		t.Error("a policy itself was marked")
	}
}

func TestCollectorReadsAPolicyOncePerGeneration(t *testing.T) {
	t.Parallel()
	var c collector
	put := func(generation int64, rego, title string, parameters any) {
		u := &unstructured.Unstructured{Object: map[string]any{
			"metadata": map[string]any{"name": "mine", "uid": "u-1", "generation": generation},
			"spec":     map[string]any{"rego": rego, "title": title, "parameters": parameters},
			"status":   map[string]any{"observedGeneration": generation},
		}}
		c.Put(u)
	}
	put(1, "package a", "first", nil)
	first := c.all()[0]
	put(1, "package a", "not looked at", nil)
	if got := c.all()[0]; got.policy != first.policy || got.status.ObservedGeneration != 1 {
		t.Errorf("%+v", got)
	}
	put(2, "package a", "second", nil)
	if got := c.all()[0]; got.policy.Title != "second" || got.policy.Unable != nil {
		t.Errorf("%+v", got.policy)
	}
	put(3, "package a", "third", []any{"no object"})
	if got := c.all()[0]; got.policy.ID != "mine" || got.policy.Unable == nil {
		t.Errorf("what cannot be read is in force: %+v", got.policy)
	}
	c.Delete(schema.GroupVersionKind{}, "", "mine")
	if len(c.all()) > 0 {
		t.Error("it is still there")
	}
}
