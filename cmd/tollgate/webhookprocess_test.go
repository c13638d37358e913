package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/rego/baseline"
)

// TestEveryJudgedKindHasItsSeries: what a policy of the baseline judges is
// counted by its kind, and not among others.
func TestEveryJudgedKindHasItsSeries(t *testing.T) {
	t.Parallel()
	policies, err := baseline.Policies()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, p := range policies {
		for _, k := range p.Match.Kinds {
			want = append(want, k.Kinds...)
		}
	}
	slices.Sort(want)
	got := judgedKinds()
	slices.Sort(got)
	if diff := cmp.Diff(slices.Compact(want), got); diff != "" {
		t.Errorf("kinds with series of their own (-judged +counted):\n%s", diff)
	}
}
