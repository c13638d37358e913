package objects

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/tenancy"
)

// settle is how long changes are gathered before a snapshot is computed: a
// GitOps sync writes many objects at once.
const settle = 100 * time.Millisecond

// Objects follows the custom resources. Its methods may be called from many
// goroutines.
type Objects struct {
	organizations, projects, priceTables cache.SharedIndexInformer

	changed   chan struct{}
	directory atomic.Pointer[tenancy.Directory]
	prices    atomic.Pointer[prices]
	built     atomic.Pointer[time.Time] // nil until the first snapshot of synced informers
	news      news
}

// New returns objects that follow nothing before Run.
func New(cfg *rest.Config) (*Objects, error) {
	client, err := newClient(cfg)
	if err != nil {
		return nil, err
	}
	o := &Objects{changed: make(chan struct{}, 1), news: newNews()}
	o.directory.Store(tenancy.NewDirectory(nil, nil))
	o.prices.Store(&prices{})
	for _, follow := range []struct {
		informer *cache.SharedIndexInformer
		resource string
		object   runtime.Object
	}{
		{&o.organizations, "organizations", &v1alpha1.Organization{}},
		{&o.projects, "projects", &v1alpha1.Project{}},
		{&o.priceTables, "pricetables", &v1alpha1.PriceTable{}},
	} {
		if *follow.informer, err = o.follow(client, follow.resource, follow.object); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (o *Objects) follow(client cache.Getter, resource string, object runtime.Object) (cache.SharedIndexInformer, error) {
	lw := cache.NewListWatchFromClient(client, resource, metav1.NamespaceAll, fields.Everything())
	informer := cache.NewSharedIndexInformer(lw, object, 0, cache.Indexers{})
	if err := informer.SetTransform(lighten); err != nil {
		return nil, fmt.Errorf("following %s: %w", resource, err)
	}
	notify := func(any) { o.mark() }
	if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: notify, DeleteFunc: notify, UpdateFunc: func(_, _ any) { o.mark() },
	}); err != nil {
		return nil, fmt.Errorf("following %s: %w", resource, err)
	}
	return informer, nil
}

// lighten drops what nobody reads here and what can be larger than the rest.
func lighten(obj any) (any, error) {
	if m, err := meta.Accessor(obj); err == nil {
		m.SetManagedFields(nil)
		var kept map[string]string
		if text, ok := m.GetAnnotations()[v1alpha1.AnnotationReset]; ok {
			kept = map[string]string{v1alpha1.AnnotationReset: text}
		}
		m.SetAnnotations(kept)
	}
	return obj, nil
}

func (o *Objects) mark() {
	select {
	case o.changed <- struct{}{}:
	default: // a change is noted already
	}
}

// Run follows the objects until ctx is done.
func (o *Objects) Run(ctx context.Context) {
	for _, i := range o.informers() {
		go i.Run(ctx.Done())
	}
	synced := cache.WaitForCacheSync(ctx.Done(), o.organizations.HasSynced, o.projects.HasSynced, o.priceTables.HasSynced)
	if !synced {
		return // ctx is done
	}
	for {
		o.rebuild()
		select {
		case <-ctx.Done():
			return
		case <-o.changed:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(settle):
		}
		select {
		case <-o.changed: // came while gathering
		default:
		}
	}
}

func (o *Objects) rebuild() {
	start := time.Now()
	orgs := listed[*v1alpha1.Organization](o.organizations)
	projects := listed[*v1alpha1.Project](o.projects)
	o.directory.Store(tenancy.NewDirectory(orgs, projects))
	o.prices.Store(o.prices.Load().next(listed[*v1alpha1.PriceTable](o.priceTables)))
	o.built.Store(&start)
	o.news.tell()
	klog.V(2).InfoS("computed who owns what", "organizations", len(orgs), "projects", len(projects), "took", time.Since(start))
}

func listed[T any](informer cache.SharedIndexInformer) []T {
	all := informer.GetStore().List()
	out := make([]T, 0, len(all))
	for _, obj := range all {
		if t, ok := obj.(T); ok {
			out = append(out, t)
		}
	}
	return out
}

func (o *Objects) informers() []cache.SharedIndexInformer {
	return []cache.SharedIndexInformer{o.organizations, o.projects, o.priceTables}
}

// Snapshot returns who owns what now; the same pointer while nothing changed.
func (o *Objects) Snapshot() *tenancy.Directory { return o.directory.Load() }

// Changed returns a channel that is closed when there is a newer snapshot than
// those that are read after this call.
func (o *Objects) Changed() <-chan struct{} { return o.news.next() }

// Ready returns nil once every kind of object has been read, else an error that
// names those that have not and says what may be missing.
func (o *Objects) Ready() error {
	if o.built.Load() != nil {
		return nil
	}
	var missing []string
	for kind, synced := range o.Synced() {
		if !synced {
			missing = append(missing, kind)
		}
	}
	if len(missing) == 0 {
		return errors.New("who owns what is being computed for the first time")
	}
	slices.Sort(missing)
	return fmt.Errorf("%s have not been read yet: are the custom resource definitions applied, and may this server list and watch them?", strings.Join(missing, ", "))
}

// Synced tells by kind whether its objects have been read.
func (o *Objects) Synced() map[string]bool {
	return map[string]bool{
		"organizations": o.organizations.HasSynced(),
		"projects":      o.projects.HasSynced(),
		"pricetables":   o.priceTables.HasSynced(),
	}
}

// Counts returns how many objects of each kind are known.
func (o *Objects) Counts() map[string]int {
	return map[string]int{
		"organizations": len(o.organizations.GetStore().ListKeys()),
		"projects":      len(o.projects.GetStore().ListKeys()),
		"pricetables":   len(o.priceTables.GetStore().ListKeys()),
	}
}

// Built returns when the newest snapshot was computed; false before the first.
func (o *Objects) Built() (time.Time, bool) {
	t := o.built.Load()
	if t == nil {
		return time.Time{}, false
	}
	return *t, true
}
