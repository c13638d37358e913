package balance

import (
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/terms"
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
	// Wanted is what the ledger should have.
	Wanted terms.Wanted
	// Invalid says why the spec's budget cannot be written to the ledger.
	Invalid error

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
		{Type: metering.ConditionInForce, Status: metav1.ConditionTrue, Reason: terms.ReasonAsSpecified, LastTransitionTime: since},
		{Type: metering.ConditionAccepted, Status: metav1.ConditionTrue, Reason: o.Reason, LastTransitionTime: since},
	}
	return &o
}

// Rows makes rows. It may be used from many goroutines.
type Rows struct {
	compiler *terms.Compiler
}

// NewRows returns a maker of rows.
func NewRows() *Rows { return &Rows{compiler: terms.NewCompiler()} }

// Row returns the row of a node. UserBudget is that of a group's users who are
// not listed; it is read for groups only.
func (m *Rows) Row(owner *Owner, n tenancy.Node, userBudget *v1alpha1.Budget) Row {
	r := Row{Meta: Meta(owner.Kind, owner.Meta, n), Spec: Spec(n), owner: owner}
	if !owner.Accepted {
		return r
	}
	r.Path = ledger.Path(n.Path)
	own, err := m.compiler.Compile(n.Budget)
	r.Wanted, r.Invalid = terms.Wanted{Terms: own.Terms, Default: n.Default}, err
	if n.Level == tenancy.LevelGroup {
		users, err := m.compiler.Compile(userBudget)
		if err != nil {
			r.Invalid = errors.Join(r.Invalid, fmt.Errorf("userBudget: %w", err))
		}
		r.Wanted.Users = &users.Terms
	}
	return r
}

// Accepted tells whether the row's project counts.
func (r *Row) Accepted() bool { return r.owner.Accepted }
