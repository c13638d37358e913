package status

import (
	"fmt"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/price"
)

// PriceTable is a PriceTable object as package pricetable compiled it.
type PriceTable struct {
	Object   *v1alpha1.PriceTable
	Table    *price.Table
	Problems []price.Problem
}

// PriceTableStatus returns what a price table's status should be. Ready is False
// while a model is priced twice, or a price cannot be read or can hardly be
// meant; a model that lacks a price is named but is no fault of the table.
func PriceTableStatus(t PriceTable, now time.Time) v1alpha1.PriceTableStatus {
	var findings []finding
	var unpriced []string
	for _, p := range t.Problems {
		switch p.Reason {
		case price.PricedTwice:
			findings = append(findings, finding{ReasonPricedTwice, p.String()})
		case price.BadPrice:
			findings = append(findings, finding{ReasonBadPrice, p.String()})
		case price.Implausible:
			findings = append(findings, finding{ReasonImplausiblePrice, p.String()})
		default:
			unpriced = append(unpriced, p.String())
		}
	}
	well := "every model has the prices that it needs"
	if len(unpriced) > 0 {
		well = fmt.Sprintf("the table can be used; what it leaves unpriced cannot be called under a budget: %s", summary(unpriced))
	}
	return v1alpha1.PriceTableStatus{
		ObservedGeneration: t.Object.Generation,
		Digest:             t.Table.Digest(),
		Priced:             int32(t.Table.Priced(now)), //nolint:gosec // at most the models of one object
		Conditions:         timed(t.Object.Status.Conditions, t.Object.Generation, now, ready(findings, well)),
	}
}
