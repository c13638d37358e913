package tenancy

import (
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// Level is one of the four levels at which money is counted. The texts are
// those of the metering API.
type Level string

// The levels, from the widest down.
const (
	LevelOrganization Level = "Organization"
	LevelProject      Level = "Project"
	LevelGroup        Level = "Group"
	LevelUser         Level = "User"
)

// Node is one budget: an organization, a project, a group's pool, or a user.
type Node struct {
	Level Level
	// Path names the node in the ledger: acme, acme.chat, acme.chat.engineers,
	// acme.chat.engineers.alice. It is empty in a Project that is not accepted,
	// so that nothing can be read or written in its name.
	Path string
	// Name of the row: acme for an organization, else the path without the
	// organization: chat, chat.engineers, chat.engineers.alice.
	Name string

	Organization string
	Project      string
	Group        string
	// UserLabel is the user's label in consumer names.
	UserLabel string
	// UserName is the user's folded name; of a default user whose label was
	// shortened and who is in no table, the label.
	UserName string

	// Budget that holds for the node: for a listed user their own, else the
	// group's userBudget. Nil means counted by calendar month and not limited.
	Budget *v1alpha1.Budget
	// Default is true for a user who is not listed.
	Default bool
}

// OrganizationNode returns the budget node of an organization.
func OrganizationNode(o *v1alpha1.Organization) Node {
	return Node{
		Level:        LevelOrganization,
		Path:         o.Name,
		Name:         o.Name,
		Organization: o.Name,
		Budget:       o.Spec.Budget,
	}
}
