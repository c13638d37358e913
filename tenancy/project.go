package tenancy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// Reasons of a Project's Accepted condition.
const (
	// ReasonAccepted: the project counts.
	ReasonAccepted = "Accepted"
	// ReasonNotAccepted: no organization of that name owns the namespace. It is
	// the same whether the organization exists or not.
	ReasonNotAccepted = "NotAccepted"
	// ReasonNameTaken: an older project of the same organization has the name.
	ReasonNameTaken = "NameTaken"
	// ReasonInvalidName: the project's name cannot be part of consumer names.
	ReasonInvalidName = "InvalidName"
)

// ProjectView is a Project, whether it counts, and its budget nodes.
type ProjectView struct {
	Project *v1alpha1.Project
	// Organization is nil unless the project is accepted.
	Organization *v1alpha1.Organization
	Accepted     bool
	// Reason and Message of the Accepted condition. They reveal nothing about
	// the organization that a project names without right.
	Reason, Message string

	// Nodes of an accepted project in the ledger: the project, its groups and
	// their listed users, sorted by Name in plain string order. Nil unless the
	// project is accepted.
	Nodes []Node
	// Rows are what the project says, accepted or not, sorted alike. Their Path
	// is empty unless the project is accepted.
	Rows []Node
	// Problems are the groups and users that the project lists in vain.
	Problems []Problem

	groups map[string]*v1alpha1.Group
	names  map[string]string // shortened label to name
}

// Row returns the node with the given Name: chat.engineers.alice.
func (p *ProjectView) Row(name string) (Node, bool) {
	i, ok := slices.BinarySearchFunc(p.Rows, name, func(n Node, name string) int {
		return strings.Compare(n.Name, name)
	})
	if !ok {
		return Node{}, false
	}
	return p.Rows[i], true
}

// Group returns a group of the project by name; not one that cannot count.
func (p *ProjectView) Group(name string) (*v1alpha1.Group, bool) {
	g, ok := p.groups[name]
	return g, ok
}

// GroupNode returns the node of a group's pool.
func (p *ProjectView) GroupNode(group string) (Node, bool) {
	if _, ok := p.groups[group]; !ok {
		return Node{}, false
	}
	return p.Row(p.Project.Name + "." + group)
}

// UserNode returns the node of a listed user by group and label.
func (p *ProjectView) UserNode(group, userLabel string) (Node, bool) {
	if _, ok := p.groups[group]; !ok {
		return Node{}, false
	}
	return p.Row(p.Project.Name + "." + group + "." + userLabel)
}

// DefaultUserNode returns the node of a user who is not listed and lives on the
// group's userBudget, as the ledger finds them by label. It returns false for a
// group that the project does not have, for a listed user (see UserNode) and
// for text that is not a label.
func (p *ProjectView) DefaultUserNode(group, userLabel string) (Node, bool) {
	g, ok := p.groups[group]
	if !ok || !ValidLabel(userLabel) {
		return Node{}, false
	}
	if _, listed := p.UserNode(group, userLabel); listed {
		return Node{}, false
	}
	name, ok := p.UserName(userLabel)
	if !ok {
		name = userLabel
	}
	n := p.node(LevelUser, group, userLabel)
	n.UserName, n.Budget, n.Default = name, g.UserBudget, true
	return n, true
}

// UserName returns the folded name of the user with a label, with the help of
// the project's listed users and status. See the function UserName.
func (p *ProjectView) UserName(userLabel string) (string, bool) {
	return UserName(userLabel, p.names)
}

// node returns a node without budget. Name and the labels share the memory of
// the path.
func (p *ProjectView) node(level Level, group, userLabel string) Node {
	org, project := p.Project.Spec.Organization, p.Project.Name
	path := org + "." + project
	switch level {
	case LevelGroup:
		path = path + "." + group
	case LevelUser:
		path = ConsumerName(org, project, group, userLabel)
	}
	n := Node{
		Level:        level,
		Name:         path[len(org)+1:],
		Organization: org,
		Project:      project,
		Group:        group,
		UserLabel:    path[len(path)-len(userLabel):],
	}
	if p.Accepted {
		n.Path = path
	}
	return n
}

// build fills Rows, Nodes and Problems once it is known whether the project is
// accepted.
func (p *ProjectView) build() {
	p.groups = make(map[string]*v1alpha1.Group, len(p.Project.Spec.Groups))
	p.names = map[string]string{}
	for _, l := range p.Project.Status.UserLabels {
		p.names[l.Label] = l.Name
	}
	if !ValidLabel(p.Project.Name) {
		return
	}
	rows := 1
	for i := range p.Project.Spec.Groups {
		rows += 1 + len(p.Project.Spec.Groups[i].Users)
	}
	p.Rows = make([]Node, 0, rows)
	n := p.node(LevelProject, "", "")
	n.Budget = p.Project.Spec.Budget
	p.Rows = append(p.Rows, n)
	for i := range p.Project.Spec.Groups {
		p.buildGroup(i, &p.Project.Spec.Groups[i])
	}
	slices.SortFunc(p.Rows, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	if p.Accepted {
		p.Nodes = p.Rows
	}
}

func (p *ProjectView) buildGroup(i int, g *v1alpha1.Group) {
	field := fmt.Sprintf("spec.groups[%d]", i)
	if !ValidLabel(g.Name) {
		p.problem(field+".name", "group %q cannot be part of consumer names, so it has no budget; give it a DNS label that does not begin with metric, consumer, model or upstream", g.Name)
		return
	}
	if _, dup := p.groups[g.Name]; dup {
		p.problem(field+".name", "group %q is listed twice; the first counts", g.Name)
		return
	}
	p.groups[g.Name] = g
	n := p.node(LevelGroup, g.Name, "")
	n.Budget = g.Budget
	p.Rows = append(p.Rows, n)

	labels := make(map[string]int, len(g.Users))
	for j := range g.Users {
		u := &g.Users[j]
		label := UserLabel(u.Name)
		if !ValidLabel(label) {
			p.problem(userField(field, j), "user %q cannot be part of consumer names; give the user a name", u.Name)
			continue
		}
		if first, dup := labels[label]; dup {
			p.problem(userField(field, j), "user %q has the same label in consumer names as %q and would share that budget, so this entry does not count; remove one of the two", u.Name, g.Users[first].Name)
			continue
		}
		labels[label] = j
		n := p.node(LevelUser, g.Name, label)
		n.UserName, n.Budget = FoldUser(u.Name), cmp.Or(u.Budget, g.UserBudget)
		p.Rows = append(p.Rows, n)
		if shortened(label) {
			p.names[label] = n.UserName
		}
	}
}

func userField(group string, i int) string {
	return fmt.Sprintf("%s.users[%d].name", group, i)
}

func (p *ProjectView) problem(field, format string, args ...any) {
	p.Problems = append(p.Problems, Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}
