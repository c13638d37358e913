package follow

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"
)

// installations tells when custom resource definitions come, change or go.
type installations struct {
	client metadata.Interface
	tell   func()
}

var _ cache.ReflectorStore = (*installations)(nil)

// run watches until ctx is done. Without the right to, kinds that are installed
// later are found by looking from time to time.
func (i *installations) run(ctx context.Context) {
	definitions := i.client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	lw := cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return definitions.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return definitions.Watch(ctx, o)
		},
	}, i.client)
	cache.NewReflectorWithOptions(lw, &metav1.PartialObjectMetadata{}, i, cache.ReflectorOptions{Name: "tollgate custom resource definitions"}).RunWithContext(ctx)
}

// Add implements cache.ReflectorStore, as do the following.
func (i *installations) Add(any) error { i.tell(); return nil }

// Update tells.
func (i *installations) Update(any) error { i.tell(); return nil }

// Delete tells.
func (i *installations) Delete(any) error { i.tell(); return nil }

// Replace tells.
func (i *installations) Replace([]any, string) error { i.tell(); return nil }

// Resync does nothing.
func (i *installations) Resync() error { return nil }
