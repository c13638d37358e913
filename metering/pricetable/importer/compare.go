package importer

import (
	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/price"
	"tollgate.dev/tollgate/metering/pricetable"
)

// SamePrice tells whether two entries charge the same, whenever they begin,
// wherever they come from and however their numbers are written.
func SamePrice(a, b *v1alpha1.ModelPrice) bool {
	return price.SamePrice(pricetable.Entry(a), pricetable.Entry(b))
}

// same is SamePrice for entries that begin at the same instant.
func same(a, b v1alpha1.ModelPrice) bool {
	return a.EffectiveFrom.Time.Equal(b.EffectiveFrom.Time) && SamePrice(&a, &b)
}
