package budget

import (
	"context"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/request"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/gate"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/resource"
	"tollgate.dev/tollgate/apiserver/warn"
)

// Observer is told of answers. It must be safe for concurrent use.
type Observer interface {
	// Answered is called after a list of rows of a resource was built.
	Answered(resource string, rows int, took time.Duration)
}

// Storage answers get and list.
type Storage struct {
	resource.Names
	index    *cache
	fetch    *balance.Fetcher
	tokens   *page.Issuer
	observer Observer
}

var _ resource.Storage = (*Storage)(nil)

func names() resource.Names {
	return resource.Names{
		Resource: schema.GroupResource{Group: metering.GroupName, Resource: "budgets"},
		Singular: "budget", Short: []string{"bud"}, Category: "metering", Namespaced: true,
	}
}

// New returns the storage of budgets.
func New(directory Directory, fetch *balance.Fetcher, tokens *page.Issuer, observer Observer) *Storage {
	return &Storage{Names: names(), index: &cache{directory: directory, maker: balance.NewRows()}, fetch: fetch, tokens: tokens, observer: observer}
}

// New returns an empty object.
func (s *Storage) New() runtime.Object { return &metering.Budget{} }

// NewList returns an empty list.
func (s *Storage) NewList() runtime.Object { return &metering.BudgetList{} }

// List returns the budgets of the request's namespace, or of all.
func (s *Storage) List(ctx context.Context, opts *internalversion.ListOptions) (runtime.Object, error) {
	start := time.Now()
	q, err := s.parseQuery(request.NamespaceValue(ctx), opts)
	if err != nil {
		return nil, err
	}
	all, down, warnings := s.entries(ctx, s.index.get(), q)
	key := func(i int) page.Key { return all[i].key }
	from, to := q.Page.Window(len(all), key)
	if err := gate.Enter(ctx, to-from); err != nil {
		return nil, err
	}
	// From here on: waiting at the gate takes none of the ledgers' time.
	asking, cancel := s.fetch.Within(ctx)
	defer cancel()
	answer := s.fetch.Read(asking, rowsOf(all[from:to]), down)
	list := &metering.BudgetList{
		ListMeta: q.Page.Meta(len(all), to, key),
		Items:    assemble(all[from:to], answer, q.state),
	}
	for _, text := range append(warnings, answer.Warnings...) {
		warn.Add(ctx, text)
	}
	s.observer.Answered(s.Resource.Resource, len(list.Items), time.Since(start))
	return list, nil
}

// assemble returns the budgets of entries that are in the state, or in any
// state for "". A user who is not listed and whom the ledger has never seen has
// none; nor has one whose ledger does not answer and who was found by name only.
func assemble(entries []entry, answer balance.Answer, state metering.State) []metering.Budget {
	items := make([]metering.Budget, 0, len(entries))
	for i, e := range entries {
		v := answer.Views[i]
		if state != "" && answer.Statuses[i].State != state || e.row.Spec.Default && v != nil && !v.Used || e.tentative && v == nil {
			continue
		}
		b := metering.Budget{ObjectMeta: e.row.Meta, Spec: e.row.Spec, Status: answer.Statuses[i]}
		if e.row.Spec.Default && v != nil && !v.FirstUse.IsZero() {
			b.CreationTimestamp = metav1.NewTime(v.FirstUse.Truncate(time.Second))
		}
		items = append(items, b)
	}
	return items
}

func rowsOf(entries []entry) []*balance.Row {
	rows := make([]*balance.Row, len(entries))
	for i := range entries {
		rows[i] = entries[i].row
	}
	return rows
}

// Get returns one budget of the request's namespace.
func (s *Storage) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	key := page.Key{Namespace: request.NamespaceValue(ctx), Name: name}
	e, ok := s.index.get().find(key, anyQuery())
	if !ok {
		return nil, s.NotFound(name)
	}
	asking, cancel := s.fetch.Within(ctx)
	defer cancel()
	answer := s.fetch.Read(asking, []*balance.Row{e.row}, nil)
	if e.tentative && answer.Views[0] == nil {
		// Only the ledger knows whether this user exists.
		return nil, apierrors.NewServiceUnavailable(strings.Join(answer.Warnings, "; "))
	}
	items := assemble([]entry{e}, answer, "")
	if len(items) == 0 {
		return nil, s.NotFound(name)
	}
	for _, text := range answer.Warnings {
		warn.Add(ctx, text)
	}
	return &items[0], nil
}

// ConvertToTable returns the rows of a list or of one budget as a table.
func (s *Storage) ConvertToTable(_ context.Context, object, options runtime.Object) (*metav1.Table, error) {
	return balance.Table(object, options)
}
