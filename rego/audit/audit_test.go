package audit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/audit"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

const noHTTP = `package hosts
violation contains {"msg": msg, "details": {"field": "spec.host"}} if {
	host := input.review.object.spec.host
	not endswith(host, input.parameters.suffix)
	msg := sprintf("%s judged as %s by %s", [host, input.subject.organization, input.subject.standing])
}
`

// counter counts evaluations.
type counter struct{ n atomic.Int64 }

func (c *counter) Evaluated(string, engine.Point, string, time.Duration) { c.n.Add(1) }

type world struct {
	engine  *engine.Engine
	store   *audit.Store
	builder *inventory.Builder
	auditor *audit.Auditor
	count   counter
}

func newWorld(t testing.TB) *world {
	t.Helper()
	s := settings.Default()
	w := &world{store: audit.NewStore(), builder: inventory.NewBuilder(s)}
	w.engine = engine.New(engine.Options{Observer: &w.count, Patience: 100})
	w.builder.Put(object("tollgate.dev/v1alpha1", "Organization", "", "acme", map[string]any{"namespaces": []any{"acme-chat"}}))
	w.engine.UseInventory(w.builder.Build())
	w.auditor = audit.New(w.engine, func() *settings.Settings { return s }, w.store, 2)
	return w
}

func (w *world) use(t testing.TB, suffix string) {
	t.Helper()
	p := &policy.Policy{
		ID: "hosts", Title: "Hosts end well", RegoVersion: v1alpha1.RegoV1,
		Modules:    []policy.Module{{Name: "hosts", Source: noHTTP}},
		Parameters: map[string]any{"suffix": suffix},
	}
	if errs := w.engine.UsePolicies(t.Context(), []*policy.Policy{p}); len(errs) > 0 {
		t.Fatal(errors.Join(errs...))
	}
}

func object(apiVersion, kind, namespace, name string, spec map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind, "spec": spec}}
	o.SetNamespace(namespace)
	o.SetName(name)
	o.SetUID("uid-" + "of-" + "x")
	return o
}

func (w *world) put(t testing.TB, namespace, name, host string) {
	t.Helper()
	if err := w.store.Put(object("example.com/v1", "Site", namespace, name, map[string]any{"host": host})); err != nil {
		t.Fatal(err)
	}
}

func (w *world) judge(t testing.TB, namespace string) []string {
	t.Helper()
	a, err := w.auditor.Begin()
	if err != nil {
		t.Fatal(err)
	}
	found, err := a.Judge(t.Context(), namespace)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range found {
		out = append(out, f.Object.Name+": "+f.Message)
	}
	return out
}

func TestNothingIsJudgedBeforeThePoliciesAreThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.auditor.Begin(); err == nil {
		t.Error("an audit without policies began")
	}
}

func TestWhatExistsIsJudgedByThePoliciesOfNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.use(t, ".example")
	w.put(t, "acme-chat", "b", "b.test")
	w.put(t, "acme-chat", "a", "a.example")
	w.put(t, "other", "c", "c.test")
	w.put(t, "", "cluster", "d.test")

	a, err := w.auditor.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"acme-chat", "other"}, a.Namespaces()); diff != "" {
		t.Errorf("namespaces: %s", diff)
	}
	tests := []struct {
		name, namespace string
		want            []string
	}{
		{name: "of an organization", namespace: "acme-chat", want: []string{"b: b.test judged as acme by Nobody"}},
		{name: "of nobody", namespace: "other", want: []string{"c: c.test judged as  by Nobody"}},
		{name: "cluster-scoped", namespace: "", want: []string{"cluster: d.test judged as  by Nobody"}},
		{name: "without objects", namespace: "missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, w.judge(t, tt.namespace)); diff != "" {
				t.Error(diff)
			}
		})
	}

	w.use(t, ".test") // a policy that changes turns the verdicts round
	if diff := cmp.Diff([]string{"a: a.example judged as acme by Nobody"}, w.judge(t, "acme-chat")); diff != "" {
		t.Errorf("after the policy changed: %s", diff)
	}
	w.put(t, "acme-chat", "a", "a.test") // so does an object
	if got := w.judge(t, "acme-chat"); got != nil {
		t.Errorf("after the object changed: %q", got)
	}
	w.store.Delete(schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Site"}, "other", "c")
	if got := w.judge(t, "other"); got != nil {
		t.Errorf("after the object was deleted: %q", got)
	}
	if objects, bytes := w.store.Size(); objects != 3 || bytes <= 0 {
		t.Errorf("%d objects of %d bytes, want 3", objects, bytes)
	}
}

func TestAVerdictIsRememberedWhileNothingChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.use(t, ".example")
	for i := range 10 {
		w.put(t, "acme-chat", fmt.Sprintf("s%d", i), "x.test")
	}
	first := w.judge(t, "acme-chat")
	if n := w.count.n.Load(); n != 10 {
		t.Fatalf("%d evaluations, want 10", n)
	}
	w.put(t, "acme-chat", "s3", "y.example")
	second := w.judge(t, "acme-chat")
	if n := w.count.n.Load(); n != 11 {
		t.Errorf("%d evaluations after one object changed, want 11", n)
	}
	if len(first) != 10 || len(second) != 9 {
		t.Errorf("%d violations, then %d: want 10 and 9", len(first), len(second))
	}
	w.engine.UseInventory(w.builder.Build())
	w.judge(t, "acme-chat")
}

func TestAnAuditEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.use(t, ".example")
	w.put(t, "acme-chat", "a", "a.test")
	a, err := w.auditor.Begin()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Judge(ctx, "acme-chat"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	if got := w.judge(t, "acme-chat"); len(got) != 1 {
		t.Errorf("the next audit found %q, want one violation", got)
	}
}

func TestObjectsAreKeptWithoutWhatNobodyReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.use(t, ".example")
	o := object("example.com/v1", "Site", "acme-chat", "a", map[string]any{"host": "a.test"})
	o.SetManagedFields(nil)
	meta := o.Object["metadata"].(map[string]any)
	meta["managedFields"] = []any{map[string]any{"manager": "kubectl"}}
	if err := w.store.Put(o); err != nil {
		t.Fatal(err)
	}
	if meta["managedFields"] == nil {
		t.Error("the caller's object was changed")
	}
	_, with := w.store.Size()
	delete(meta, "managedFields")
	if err := w.store.Put(o); err != nil {
		t.Fatal(err)
	}
	if _, without := w.store.Size(); with != without {
		t.Errorf("%d bytes with managed fields, %d without", with, without)
	}
}

func TestPutAndJudgeTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.use(t, ".example")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 50 {
				w.put(t, "acme-chat", fmt.Sprintf("s%d", j%7), "x.test")
				if i == 0 {
					w.store.Delete(schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Site"}, "acme-chat", "s3")
				}
			}
		})
		wg.Go(func() {
			for range 20 {
				w.judge(t, "acme-chat")
			}
		})
	}
	wg.Wait()
}
