package usage

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/labels"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/metering/money"
	"tollgate.dev/tollgate/metering/price"
	meter "tollgate.dev/tollgate/metering/usage"
	"tollgate.dev/tollgate/tenancy"
)

// atOnce is how many organizations are read at the same time.
const atOnce = 8

// identity is what tells rows apart. A part that was added up is empty.
type identity struct {
	namespace, project, group, user, model string
}

// identify keeps the parts of a key that are wanted.
func identify(namespace string, k meter.Key, by parts) identity {
	id := identity{namespace: namespace}
	if by.project {
		id.project = k.Project
	}
	if by.group {
		id.group = k.Group
	}
	if by.user {
		id.user = k.User
	}
	if by.model {
		id.model = k.Model
	}
	return id
}

// name joins the parts that are kept: <project>.<group>.<user>.<model>, the model
// as ten base32 characters of its SHA-256, for model names hold / and :.
func (i identity) name(by parts) string {
	var names []string
	for _, p := range []struct {
		kept bool
		name string
	}{{by.project, i.project}, {by.group, i.group}, {by.user, i.user}, {by.model, modelDigest(i.model)}} {
		if p.kept {
			names = append(names, p.name)
		}
	}
	return strings.Join(names, ".")
}

func modelDigest(model string) string {
	sum := sha256.Sum256([]byte(model))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:10]
}

// row is one row of a list.
type row struct {
	key  page.Key
	id   identity
	view *tenancy.ProjectView // of the row, or the first of several
	by   parts                // that are in its name
	// projects are those that were added up, each once.
	projects []*tenancy.ProjectView

	counters meter.Counters
	cost     money.Amount // of the part that is priced
	unpriced []unpriced
	// unknown says why there are no numbers; nil when there are.
	unknown *unavailable
}

// unpriced is a model without a price, and why.
type unpriced struct {
	model string
	err   error
}

// tenant is an organization whose usage is asked for.
type tenant struct {
	organization *v1alpha1.Organization
	projects     map[string]*tenancy.ProjectView // accepted and in the namespaces asked for, by name
}

// rows returns the rows of a query by namespace and name, and what could not be
// read. Projects whose usage is unknown have a row of their own each.
func (s *Storage) rows(ctx context.Context, q query) ([]*row, []failure) {
	if q.Nothing {
		return nil, nil
	}
	directory := s.Directory.Snapshot()
	tenants := tenantsOf(directory, q)
	counted := make([][]*row, len(tenants))
	errs := make([]error, len(tenants))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, t := range tenants {
		g.Go(func() error {
			counted[i], errs[i] = s.count(ctx, directory, t, q)
			return nil
		})
	}
	_ = g.Wait() // each organization has its own error
	var all []*row
	var failures []failure
	for i, t := range tenants {
		if errs[i] != nil {
			why := s.explain(ctx, t.organization.Name, errs[i])
			failures = append(failures, failure{t.organization.Name, why})
			counted[i] = t.unknown(why)
		}
		for _, r := range counted[i] {
			if q.selects(r) {
				all = append(all, r)
			}
		}
	}
	slices.SortFunc(all, func(a, b *row) int { return a.key.Compare(b.key) })
	return all, failures
}

// tenantsOf returns the organizations with accepted projects in the namespaces
// asked for, by name.
func tenantsOf(d *tenancy.Directory, q query) []tenant {
	var out []tenant
	for _, o := range d.Organizations() {
		if !q.wantsOrganization(o.Name()) {
			continue
		}
		t := tenant{organization: o.Organization, projects: map[string]*tenancy.ProjectView{}}
		for _, p := range d.ProjectsOf(o.Name()) {
			if q.Namespace == "" || q.Namespace == p.Project.Namespace {
				t.projects[p.Project.Name] = p
			}
		}
		if len(t.projects) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// selects tells whether a row is wanted. A row without numbers is wanted
// whatever model is asked for: nobody knows which models it stands for.
func (q query) selects(r *row) bool {
	return (q.Name() == "" || q.Name() == r.key.Name) && q.Labels.Matches(labels.Set(r.labels()))
}

// counts are the parts that are not added up: those that are kept, and the model
// when only one is counted.
func (q query) counts() parts {
	by := q.by
	by.model = by.model || q.model != ""
	return by
}

// count reads one organization and adds its usage up to rows.
func (s *Storage) count(ctx context.Context, d *tenancy.Directory, t tenant, q query) ([]*row, error) {
	name := t.organization.Name
	tenantID, ok, reason := d.MimirTenant(name)
	if !ok {
		return nil, &noTenant{reason}
	}
	table, problem := s.table(t.organization)
	estimates, err := s.Meter.Estimates(ctx, meter.Query{
		Tenant: tenantID, Organization: name, Since: q.window.since, Until: q.window.until,
	}, table)
	if err != nil {
		return nil, err
	}
	rows := map[identity]*row{}
	for i := range estimates {
		e := &estimates[i]
		view, ok := t.projects[e.Project]
		if !ok || q.model != "" && q.model != e.Model || !tenancy.ValidLabel(e.Group) || !tenancy.ValidLabel(e.User) {
			continue // nobody's, or not asked for
		}
		id := identify(view.Project.Namespace, e.Key, q.counts())
		r, ok := rows[id]
		if !ok {
			r = &row{key: page.Key{Namespace: id.namespace, Name: id.name(q.by)}, id: id, by: q.by}
			rows[id] = r
		}
		r.add(e, problem)
		if !slices.Contains(r.projects, view) {
			r.projects = append(r.projects, view)
		}
	}
	out := make([]*row, 0, len(rows))
	for _, r := range rows {
		slices.SortFunc(r.projects, func(a, b *tenancy.ProjectView) int { return strings.Compare(a.Project.Name, b.Project.Name) })
		r.view = r.projects[0]
		slices.SortFunc(r.unpriced, func(a, b unpriced) int { return strings.Compare(a.model, b.model) })
		out = append(out, r)
	}
	return out, nil
}

// table returns the price table of an organization, or what is wrong with its name.
func (s *Storage) table(o *v1alpha1.Organization) (*price.Table, error) {
	name := cmp.Or(o.Spec.PriceTable, "default")
	table, _, ok := s.Prices.Table(name)
	if !ok {
		return nil, fmt.Errorf("there is no PriceTable %q: create it, or correct spec.priceTable of the Organization", name)
	}
	return table, nil
}

func (r *row) add(e *meter.Estimate, problem error) {
	r.counters = r.counters.Add(e.Counters)
	err := e.Unpriced
	if err != nil && problem != nil {
		err = problem
	}
	if e.Cost > math.MaxInt64-r.cost {
		err = price.ErrOverflow
	} else {
		r.cost += e.Cost
	}
	if err != nil && !slices.ContainsFunc(r.unpriced, func(u unpriced) bool { return u.model == e.Model }) {
		r.unpriced = append(r.unpriced, unpriced{e.Model, err})
	}
}

// unknown is a row for each project of an organization that could not be read.
func (t tenant) unknown(why *unavailable) []*row {
	by := parts{project: true}
	var out []*row
	for name, view := range t.projects {
		id := identity{namespace: view.Project.Namespace, project: name}
		out = append(out, &row{key: page.Key{Namespace: id.namespace, Name: name}, id: id, view: view, by: by, unknown: why})
	}
	return out
}

func (r *row) labels() map[string]string {
	out := map[string]string{metering.LabelOrganization: r.view.Organization.Name}
	for label, value := range map[string]string{
		metering.LabelProject: r.id.project, metering.LabelGroup: r.id.group, metering.LabelUser: r.id.user,
	} {
		if value != "" {
			out[label] = value
		}
	}
	return out
}

// costliest returns the n rows that cost most: first those with a whole cost,
// then those with an unpriced part by their tokens, last the unknown ones.
func costliest(all []*row, n int) []*row {
	all = slices.Clone(all)
	rank := func(r *row) int {
		switch {
		case r.unknown != nil:
			return 2
		case len(r.unpriced) > 0:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b *row) int {
		if c := cmp.Compare(rank(a), rank(b)); c != 0 {
			return c
		}
		if rank(a) == 0 {
			return cmp.Compare(b.cost, a.cost)
		}
		return cmp.Compare(b.counters.Total, a.counters.Total)
	})
	return all[:min(n, len(all))]
}
