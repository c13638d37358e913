package balance

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/tenancy"
)

// Row is all of a budget that informers know: everything but amounts. Rows are
// made once per snapshot of the directory and shared by answers, so nobody may
// change what they hold.
type Row struct {
	Meta metav1.ObjectMeta
	Spec metering.BudgetSpec
	// Path of the node in the ledger; "" when the project does not count, so
	// that nothing can be read in its name.
	Path ledger.Path
	// Terms that the ledger should have.
	Terms ledger.Terms

	owner *Owner
}

// Owner is the Organization or Project that rows come from.
type Owner struct {
	Kind string // of the rows: Budget or OrganizationBudget
	Meta *metav1.ObjectMeta
	// Organization whose ledger is asked; without meaning unless accepted.
	Organization Organization
	Accepted     bool
	// Reason and Message of the Accepted condition.
	Reason, Message string

	healthy []metav1.Condition // of rows that are as they should be; shared
}

// NewOwner completes the owner of rows.
func NewOwner(o Owner) *Owner {
	since := o.Meta.CreationTimestamp
	o.healthy = []metav1.Condition{
		{Type: metering.ConditionAvailable, Status: metav1.ConditionTrue, Reason: ReasonRead, LastTransitionTime: since},
		{Type: metering.ConditionInForce, Status: metav1.ConditionTrue, Reason: reasonAsSpecified, LastTransitionTime: since},
		{Type: metering.ConditionAccepted, Status: metav1.ConditionTrue, Reason: o.Reason, LastTransitionTime: since},
	}
	return &o
}

// NewRow returns the row of a node.
func NewRow(owner *Owner, n tenancy.Node) Row {
	r := Row{Meta: Meta(owner.Kind, owner.Meta, n), Spec: Spec(n), owner: owner}
	if owner.Accepted {
		r.Path = ledger.Path(n.Path)
		// TERMS
	}
	return r
}

// Accepted tells whether the row's project counts.
func (r *Row) Accepted() bool { return r.owner.Accepted }
