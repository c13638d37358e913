package usage

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/request"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/gate"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/resource"
	"tollgate.dev/tollgate/apiserver/selector"
	"tollgate.dev/tollgate/apiserver/warn"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
	meter "tollgate.dev/tollgate/metering/usage"
	"tollgate.dev/tollgate/tenancy"
)

const (
	kind = "Usage"

	// DefaultTimeout is how long an answer waits for Mimir.
	DefaultTimeout = 15 * time.Second
)

// Directory says who owns what.
type Directory interface {
	Snapshot() *tenancy.Directory
}

// Meter counts. Its failures are *meter.Error.
type Meter interface {
	Estimates(ctx context.Context, q meter.Query, table *price.Table) ([]meter.Estimate, error)
	Hourly(ctx context.Context, q meter.Query) ([]meter.Slice, error)
}

// Prices finds compiled price tables by name.
type Prices interface {
	Table(name string) (table *price.Table, problems []pricetable.Problem, ok bool)
}

// Observer is told of answers. It must be safe for concurrent use.
type Observer interface {
	// Answered is called after a list of rows of a resource was built.
	Answered(resource string, rows int, took time.Duration)
}

// Config is what a Storage needs.
type Config struct {
	Directory Directory
	Meter     Meter
	Prices    Prices
	Tokens    *page.Issuer
	Observer  Observer
	// Timeout is how long an answer waits for Mimir; DefaultTimeout when 0.
	Timeout time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Storage answers get and list.
type Storage struct {
	resource.Names
	Config
	failures *failureLog
}

var _ resource.Storage = (*Storage)(nil)

func names() resource.Names {
	return resource.Names{
		Resource: schema.GroupResource{Group: metering.GroupName, Resource: "usages"},
		Singular: "usage", Category: "metering", Namespaced: true,
	}
}

// New returns the storage of usage.
func New(c Config) *Storage {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Storage{Names: names(), Config: c, failures: newFailureLog(c.Now)}
}

// New returns an empty object.
func (s *Storage) New() runtime.Object { return &metering.Usage{} }

// NewList returns an empty list.
func (s *Storage) NewList() runtime.Object { return &metering.UsageList{} }

// List returns the usage of the request's namespace, or of all.
func (s *Storage) List(ctx context.Context, opts *internalversion.ListOptions) (runtime.Object, error) {
	start := s.Now()
	q, err := s.parseQuery(request.NamespaceValue(ctx), opts, start)
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	all, failures := s.rows(asking, q)
	key := func(i int) page.Key { return all[i].key }
	list := &metering.UsageList{}
	if q.top > 0 {
		all = costliest(all, q.top)
	} else {
		from, to := q.Page.Window(len(all), key)
		list.ListMeta = q.Page.Meta(len(all), to, key)
		all = all[from:to]
	}
	if err := gate.Enter(ctx, len(all)); err != nil {
		return nil, err
	}
	list.Items = make([]metering.Usage, len(all))
	for i, r := range all {
		list.Items[i] = r.object(q.window, start)
	}
	for _, text := range warnings(failures) {
		warn.Add(ctx, text)
	}
	s.Observer.Answered(s.Resource.Resource, len(list.Items), s.Now().Sub(start))
	return list, nil
}

// Get returns one row of the current calendar month, with its activity.
func (s *Storage) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	now := s.Now()
	q, err := s.parseQuery(request.NamespaceValue(ctx),
		&internalversion.ListOptions{FieldSelector: fields.OneTermEqualSelector(selector.Name, name)}, now)
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	found, failures := s.rows(asking, q)
	switch {
	case len(found) == 1 && found[0].unknown == nil:
	case len(failures) > 0: // only Mimir knows whether there is such a row
		return nil, failures[0].serviceUnavailable()
	default:
		return nil, s.NotFound(name)
	}
	object := found[0].object(q.window, now)
	activity := s.activity(asking, []metering.Usage{object})
	object.Status.Activity = activity.of(&object)
	return &object, nil
}

// ConvertToTable returns the rows of a list or of one row as a table. What is
// drawn of the last hours is asked for here, because only tables show it.
func (s *Storage) ConvertToTable(ctx context.Context, object, options runtime.Object) (*metav1.Table, error) {
	asking, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	return toTable(object, options, func(items []metering.Usage) drawing { return s.activity(asking, items) })
}
