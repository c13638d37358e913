package inventory

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/rego/inventory/documents"
	"tollgate.dev/tollgate/rego/settings"
)

// What policies may name is what there is.
func TestEveryDocumentHasItsName(t *testing.T) {
	t.Parallel()
	root := NewBuilder(settings.Default()).Build().root
	tollgate, ok := root.children["tollgate"].(*folder)
	if !ok {
		t.Fatal("data.tollgate is no folder")
	}
	if diff := cmp.Diff(documents.Names(), slices.Sorted(maps.Keys(tollgate.children))); diff != "" {
		t.Errorf("names in package documents and documents of the builder differ (-names +documents):\n%s", diff)
	}
}
