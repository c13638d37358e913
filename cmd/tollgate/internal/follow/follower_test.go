package follow

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"

	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/settings"
)

// TestSettingsComeIntoForceWhenEverythingHasBeenRead follows a cluster that is
// made up, whose Ingresses cannot be read at first.
func TestSettingsComeIntoForceWhenEverythingHasBeenRead(t *testing.T) {
	t.Parallel()
	f, e, release := fakeCluster(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	var inForce []string
	f.o.InForce = func(s *settings.Settings) {
		mu.Lock()
		defer mu.Unlock()
		inForce = append(inForce, s.Gateway.Namespace)
	}
	go f.Run(ctx)
	eventually(t, func() error {
		if synced := f.Synced(); !synced["Namespace"] || synced["Ingress.networking.k8s.io"] {
			return fmt.Errorf("%v", synced)
		}
		return nil
	})
	if f.Ready() == nil || e.Ready() == nil {
		t.Error("ready before everything has been read")
	}
	release()
	eventually(t, f.Ready)
	if err := e.Ready(); err != nil {
		t.Error(err)
	}
	if _, _, _, known := e.Snapshot().Inventory().Namespace("acme"); !known {
		t.Error("a namespace is missing from the inventory")
	}
	if n, broken := f.Policies(); n < 10 || len(broken) > 0 {
		t.Errorf("%d policies, broken: %v", n, broken)
	}
	other := settings.Default()
	other.Gateway.Namespace = "edge"
	if err := f.Use(other); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		mu.Lock()
		defer mu.Unlock()
		if diff := cmp.Diff([]string{"higress-system", "edge"}, inForce); diff != "" {
			return errors.New(diff)
		}
		return nil
	})
	bad := settings.Default()
	bad.Policies["no-such-policy"] = settings.Policy{}
	if err := f.Use(bad); err == nil {
		t.Error("settings for a policy that does not exist were taken")
	}
}

// fakeCluster is a follower of objects in memory. Release lets Ingresses be read.
func fakeCluster(t *testing.T) (f *Follower, e *engine.Engine, release func()) {
	t.Helper()
	namespace := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "acme"}}}
	kinds, lists := served{}, map[schema.GroupVersionResource]string{}
	for _, r := range append(projected(), policies()) {
		gv := schema.GroupVersion{Group: r.Group, Version: r.versions[0]}
		known, _ := kinds[gv.String()].([]string)
		kinds[gv.String()] = append(known, r.Kind)
		name := r.Kind + "s"
		if r.Kind == "Namespace" {
			name = "namespaces" // as the fake guesses it for the object
		}
		lists[gv.WithResource(name)] = r.Kind + "List"
	}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), lists, namespace)
	gate := make(chan struct{})
	d := &gated{served: kinds, name: "networking.k8s.io/v1", gate: gate}
	e = engine.New(engine.Options{Patience: 100})
	f = &Follower{
		o: Options{Engine: e, Settings: settings.Default()}, api: &api{client: client, discovery: d, installed: newNews()},
		objects: make(chan struct{}, 1), rules: make(chan struct{}, 1), given: make(chan *settings.Settings, 1),
	}
	f.policies = newStream(policies(), calls{changed: func() { mark(f.rules) }, turned: func() { mark(f.rules) }}, &f.collector)
	if err := f.Use(f.o.Settings); err != nil {
		t.Fatal(err)
	}
	return f, e, func() { close(gate) }
}

// gated answers about one group only once its gate is open.
type gated struct {
	served
	name string
	gate chan struct{}
}

func (g *gated) ServerResourcesForGroupVersionWithContext(ctx context.Context, gv string) (*metav1.APIResourceList, error) {
	if gv == g.name {
		select {
		case <-g.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	list, err := g.served.ServerResourcesForGroupVersionWithContext(ctx, gv)
	for i := range listed(list) {
		if list.APIResources[i].Kind == "Namespace" && list.APIResources[i].Name == "Namespaces" {
			list.APIResources[i].Name = "namespaces"
		}
	}
	return list, err
}

func listed(l *metav1.APIResourceList) []metav1.APIResource {
	if l == nil {
		return nil
	}
	return l.APIResources
}

func eventually(t *testing.T, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
