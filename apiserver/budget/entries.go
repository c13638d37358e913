package budget

import (
	"context"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/tenancy"
)

// entry is a row of a list before the ledger is asked for amounts.
type entry struct {
	key page.Key
	row *balance.Row
	// tentative: a default user by name, who is shown only when the ledger
	// knows them.
	tentative bool
}

// entries returns the rows that a query selects, in order, and the
// organizations whose ledger did not answer. Users who are not listed in a
// Project come from the ledger.
func (s *Storage) entries(ctx context.Context, x *index, q query) ([]entry, map[string]*balance.Unavailable, []string) {
	if q.Nothing {
		return nil, nil, nil
	}
	if q.Name() != "" {
		return named(x, q), nil, nil
	}
	rows := x.inNamespace(q.Namespace)
	all := make([]entry, 0, len(rows))
	everything := q.Labels.Empty()
	for i := range rows {
		if everything || q.Labels.Matches(labels.Set(rows[i].Meta.Labels)) {
			all = append(all, entry{key: keyOf(&rows[i]), row: &rows[i]})
		}
	}
	if !q.wantsUsers() {
		return all, nil, nil
	}
	users := s.fetch.Users(ctx, organizations(x, q))
	down := map[string]*balance.Unavailable{}
	var warnings []string
	n := len(all)
	for _, u := range users {
		switch {
		case u.Err == nil:
		case u.Err.Reason == balance.ReasonLedgerCorrupt: // the list of users is lost, budgets may be readable
			warnings = append(warnings, "users who are not listed in a Project may be missing: "+u.Err.Message)
		default:
			down[u.Organization.Name] = u.Err
		}
		for _, path := range u.Paths {
			if e, ok := x.defaultUser(path, q); ok {
				all = append(all, e)
			}
		}
	}
	if len(all) > n {
		slices.SortFunc(all, func(a, b entry) int { return a.key.Compare(b.key) })
	}
	return all, down, warnings
}

// organizations returns those whose users may have rows in the answer.
func organizations(x *index, q query) []balance.Organization {
	var orgs []balance.Organization
	seen := map[string]bool{}
	for _, p := range x.projectsIn(q.Namespace) {
		org := p.owner.Organization
		if !seen[org.Name] && q.wantsOrganization(org.Name) {
			seen[org.Name] = true
			orgs = append(orgs, org)
		}
	}
	return orgs
}

// defaultUser returns the entry of a user whom the ledger knows and no Project
// lists. A path of a project that is not accepted, or not in the namespace that
// was asked for, has none.
func (x *index) defaultUser(path ledger.Path, q query) (entry, bool) {
	if x.listed[path] {
		return entry{}, false
	}
	parts := strings.Split(string(path), ".")
	if len(parts) != 4 {
		return entry{}, false
	}
	p, ok := x.accepted[parts[0]][parts[1]]
	if !ok || q.Namespace != "" && p.view.Project.Namespace != q.Namespace {
		return entry{}, false
	}
	node, ok := p.view.DefaultUserNode(parts[2], parts[3])
	if !ok {
		return entry{}, false
	}
	return x.newEntry(p, node, q)
}

// newEntry returns the entry of a node, unless the labels exclude it.
func (x *index) newEntry(p *project, node tenancy.Node, q query) (entry, bool) {
	row := x.maker.Row(p.owner, node, nil)
	if !q.Labels.Empty() && !q.Labels.Matches(labels.Set(row.Meta.Labels)) {
		return entry{}, false
	}
	return entry{key: keyOf(&row), row: &row}, true
}

// named returns the entries of one name: one per namespace that has it.
func named(x *index, q query) []entry {
	var all []entry
	seen := map[string]bool{}
	for _, p := range x.projects {
		ns := p.view.Project.Namespace
		if seen[ns] || q.Namespace != "" && ns != q.Namespace {
			continue
		}
		seen[ns] = true
		if e, ok := x.find(page.Key{Namespace: ns, Name: q.Name()}, q); ok {
			all = append(all, e)
		}
	}
	return all
}

// find returns the entry of one key, tentative when it could be a default user.
func (x *index) find(key page.Key, q query) (entry, bool) {
	if row, ok := x.row(key); ok {
		return entry{key: key, row: row}, q.Labels.Empty() || q.Labels.Matches(labels.Set(row.Meta.Labels))
	}
	parts := strings.Split(key.Name, ".")
	if len(parts) != 3 {
		return entry{}, false
	}
	view, ok := x.directory.Project(key.Namespace, parts[0])
	if !ok || !view.Accepted {
		return entry{}, false
	}
	node, ok := view.DefaultUserNode(parts[1], parts[2])
	if !ok {
		return entry{}, false
	}
	e, ok := x.newEntry(x.accepted[view.Organization.Name][view.Project.Name], node, q)
	e.tentative = true
	return e, ok
}
