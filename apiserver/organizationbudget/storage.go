package organizationbudget

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/gate"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/resource"
	"tollgate.dev/tollgate/apiserver/selector"
	"tollgate.dev/tollgate/apiserver/warn"
	"tollgate.dev/tollgate/tenancy"
)

const (
	kind       = "OrganizationBudget"
	fieldState = "state"
)

// FieldSelectors are the keys that field selectors of organization budgets may hold.
func FieldSelectors() []string { return []string{selector.Name, fieldState} }

// Directory is the source of rows.
type Directory interface {
	// Snapshot returns who owns what now.
	Snapshot() *tenancy.Directory
}

// Observer is told of answers. It must be safe for concurrent use.
type Observer interface {
	// Answered is called after a list of rows of a resource was built.
	Answered(resource string, rows int, took time.Duration)
}

// Storage answers get and list.
type Storage struct {
	resource.Names
	directory Directory
	maker     *balance.Rows
	fetch     *balance.Fetcher
	tokens    *page.Issuer
	observer  Observer
}

var _ resource.Storage = (*Storage)(nil)

func names() resource.Names {
	return resource.Names{
		Resource: schema.GroupResource{Group: metering.GroupName, Resource: "organizationbudgets"},
		Singular: "organizationbudget", Short: []string{"orgbud"}, Category: "metering",
	}
}

// New returns the storage of organization budgets.
func New(directory Directory, fetch *balance.Fetcher, tokens *page.Issuer, observer Observer) *Storage {
	return &Storage{Names: names(), directory: directory, maker: balance.NewRows(), fetch: fetch, tokens: tokens, observer: observer}
}

// New returns an empty object.
func (s *Storage) New() runtime.Object { return &metering.OrganizationBudget{} }

// NewList returns an empty list.
func (s *Storage) NewList() runtime.Object { return &metering.OrganizationBudgetList{} }

// row returns the row of an organization.
func (s *Storage) row(o *tenancy.OrganizationView) *balance.Row {
	owner := balance.NewOwner(balance.Owner{
		Kind:         kind,
		Meta:         &o.Organization.ObjectMeta,
		Organization: balance.Organization{Name: o.Name(), Ledger: o.Organization.Spec.Ledger.Name},
		Accepted:     true,
		Reason:       tenancy.ReasonAccepted,
	})
	r := s.maker.Row(owner, o.Node, nil)
	return &r
}

// List returns the budgets of all organizations.
func (s *Storage) List(ctx context.Context, opts *internalversion.ListOptions) (runtime.Object, error) {
	start := time.Now()
	q, err := s.parseQuery(opts)
	if err != nil {
		return nil, err
	}
	var rows []*balance.Row
	for _, o := range s.directory.Snapshot().Organizations() {
		if r := s.row(o); (q.Name() == "" || r.Meta.Name == q.Name()) && q.Labels.Matches(labels.Set(r.Meta.Labels)) {
			rows = append(rows, r)
		}
	}
	key := func(i int) page.Key { return page.Key{Name: rows[i].Meta.Name} }
	from, to := q.Page.Window(len(rows), key)
	if err := gate.Enter(ctx, to-from); err != nil {
		return nil, err
	}
	list := &metering.OrganizationBudgetList{ListMeta: q.Page.Meta(len(rows), to, key)}
	list.Items = s.read(ctx, rows[from:to], q.state)
	s.observer.Answered(s.Resource.Resource, len(list.Items), time.Since(start))
	return list, nil
}

// read asks the ledgers and returns the budgets in the state, or in any for "".
func (s *Storage) read(ctx context.Context, rows []*balance.Row, state metering.State) []metering.OrganizationBudget {
	asking, cancel := s.fetch.Within(ctx)
	defer cancel()
	answer := s.fetch.Read(asking, rows, nil)
	for _, text := range answer.Warnings {
		warn.Add(ctx, text)
	}
	items := make([]metering.OrganizationBudget, 0, len(rows))
	for i, r := range rows {
		if state == "" || answer.Statuses[i].State == state {
			items = append(items, metering.OrganizationBudget{ObjectMeta: r.Meta, Spec: r.Spec, Status: answer.Statuses[i]})
		}
	}
	return items
}

// Get returns the budget of one organization.
func (s *Storage) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	o, ok := s.directory.Snapshot().Organization(name)
	if !ok {
		return nil, s.NotFound(name)
	}
	return &s.read(ctx, []*balance.Row{s.row(o)}, "")[0], nil
}

// ConvertToTable returns the rows of a list or of one budget as a table.
func (s *Storage) ConvertToTable(_ context.Context, object, options runtime.Object) (*metav1.Table, error) {
	return balance.Table(object, options)
}
