package status

import (
	"fmt"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

// Known says what Organizations may name.
type Known struct {
	// Ledger tells whether the process was given a ledger of a name.
	Ledger func(name string) bool
	// PriceTable tells whether there is a PriceTable of a name.
	PriceTable func(name string) bool
}

// OrganizationStatus returns what an organization's status should be.
func OrganizationStatus(o *tenancy.OrganizationView, known Known, c *terms.Compiler, now time.Time) v1alpha1.OrganizationStatus {
	object := o.Organization
	var findings []finding
	if name := object.Spec.Ledger.Name; !known.Ledger(name) {
		findings = append(findings, finding{ReasonLedgerUnknown,
			fmt.Sprintf("spec.ledger.name: the controller has no ledger %q, so limits are not written; start Tollgate's processes with --ledger %s=URL, or correct the name", name, name)})
	}
	if _, err := c.Compile(o.Node.Budget); err != nil {
		findings = append(findings, finding{ReasonInvalidBudget, "spec.budget." + err.Error() + "; the ledger keeps what it had"})
	}
	conflicts := make([]string, len(o.Conflicts))
	for i, p := range o.Conflicts {
		conflicts[i] = p.Field + ": " + p.Message
	}
	conflict := condition(TypeConflict, false, ReasonNoConflict, "the organization owns the namespaces, domains and the tenant that it lists")
	if len(conflicts) > 0 {
		conflict = condition(TypeConflict, true, ReasonOwnedByOlder, summary(conflicts))
		findings = append(findings, finding{ReasonOwnedByOlder, "not everything that the organization lists is its own: see the condition Conflict"})
	}
	if name := object.Spec.PriceTable; !known.PriceTable(name) {
		findings = append(findings, finding{ReasonPriceTableUnknown,
			fmt.Sprintf("spec.priceTable: there is no PriceTable %q, so nothing has a price; create it (tollgate prices import), or correct the name", name)})
	}
	return v1alpha1.OrganizationStatus{
		ObservedGeneration: object.Generation,
		Conditions: timed(object.Status.Conditions, object.Generation, now,
			ready(findings, "everything that the organization lists counts"), conflict),
	}
}
