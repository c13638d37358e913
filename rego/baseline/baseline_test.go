package baseline_test

import (
	"testing"

	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/policy"
)

func TestPoliciesCompile(t *testing.T) {
	policies, err := baseline.Policies()
	if err != nil {
		t.Fatal(err)
	}
	if len(policies) == 0 {
		t.Fatal("the baseline is empty")
	}
	for _, p := range policies {
		t.Run(p.ID, func(t *testing.T) {
			if err := policy.Check(p); err != nil {
				t.Errorf("the policy does not compile: %v", err)
			}
		})
	}
}
