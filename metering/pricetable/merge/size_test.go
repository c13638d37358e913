package merge_test

import (
	"fmt"
	"strings"
	"testing"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/metering/pricetable/merge"
)

func many(n int) *v1alpha1.PriceTable {
	p := &v1alpha1.PriceTable{}
	one := v1alpha1.Price("1.25")
	for i := range n {
		p.Spec.Models = append(p.Spec.Models, v1alpha1.ModelPrice{
			Provider: "provider", Model: fmt.Sprintf("model-%d", i), Mode: v1alpha1.Chat,
			Rates:  v1alpha1.Rates{Input: &one, Output: &one, CacheRead: &one},
			Tiers:  []v1alpha1.Tier{{AboveTokens: 200_000, Rates: v1alpha1.Rates{Input: &one}}},
			Source: &v1alpha1.PriceSource{Format: "litellm", Digest: "sha256:" + strings.Repeat("0", 64)},
		})
	}
	return p
}

func TestCheckSize(t *testing.T) {
	if err := merge.CheckSize(many(100)); err != nil {
		t.Fatal(err)
	}
	if err := merge.CheckSize(&v1alpha1.PriceTable{}); err != nil {
		t.Fatal(err)
	}
	err := merge.CheckSize(many(3000))
	if err == nil || !strings.Contains(err.Error(), "3000 prices") || !strings.Contains(err.Error(), "--providers") {
		t.Fatal(err)
	}
}
