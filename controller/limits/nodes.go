package limits

import (
	"reflect"
	"slices"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

// Nodes returns the budget nodes that the ledger should have for an
// organization: itself, and those of its accepted projects.
func Nodes(d *tenancy.Directory, o *tenancy.OrganizationView) []terms.Node {
	nodes := []terms.Node{{Path: o.Node.Path, Budget: o.Node.Budget}}
	for _, p := range d.ProjectsOf(o.Name()) {
		nodes = append(nodes, ProjectNodes(p)...)
	}
	return nodes
}

// ProjectNodes returns the budget nodes of one project; none when it is not
// accepted.
func ProjectNodes(p *tenancy.ProjectView) []terms.Node {
	nodes := make([]terms.Node, 0, len(p.Nodes))
	for _, n := range p.Nodes {
		t := terms.Node{Path: n.Path, Budget: n.Budget}
		if g, ok := p.Group(n.Group); ok && n.Level == tenancy.LevelGroup {
			t.UserBudget = g.UserBudget
		}
		nodes = append(nodes, t)
	}
	return nodes
}

// sameNodes tells whether two lists say the same. Objects that did not change
// are shared between snapshots, so most budgets are compared by address.
func sameNodes(a, b []terms.Node) bool {
	return slices.EqualFunc(a, b, func(a, b terms.Node) bool {
		return a.Path == b.Path && sameBudget(a.Budget, b.Budget) && sameBudget(a.UserBudget, b.UserBudget)
	})
}

func sameBudget(a, b *v1alpha1.Budget) bool { return a == b || reflect.DeepEqual(a, b) }
