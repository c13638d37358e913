package admission_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/rego/admission"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

func referential(p *policy.Policy) { p.Referential = true }

const unowned = `violation contains {"msg": "nobody owns the namespace"} if not data.tollgate.namespace_owner[input.review.namespace]`

// What an object refers to may be written a moment before it.
func TestARefusalByWhatIsMissingIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	const wait = 300 * time.Millisecond
	never := rule("never", `violation contains {"msg": "no"} if true`)
	tests := []struct {
		name     string
		policies []*policy.Policy
		wait     time.Duration
		arrives  bool
		again    bool
		allowed  bool
	}{
		{name: "it arrives", policies: []*policy.Policy{rule("owner", unowned, referential)}, wait: wait, arrives: true, again: true, allowed: true},
		{name: "it never does", policies: []*policy.Policy{rule("owner", unowned, referential)}, wait: wait, again: true},
		{name: "nobody waits", policies: []*policy.Policy{rule("owner", unowned, referential)}, arrives: true},
		{name: "a policy that refers to nothing", policies: []*policy.Policy{rule("owner", unowned)}, wait: wait, arrives: true},
		{name: "another policy denies anyway", policies: []*policy.Policy{rule("owner", unowned, referential), never}, wait: wait, arrives: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := engine.New(engine.Options{})
			for _, err := range e.UsePolicies(t.Context(), tt.policies) {
				t.Fatal(err)
			}
			b := inventory.NewBuilder(settings.Default())
			e.UseInventory(b.Build())
			if tt.arrives {
				time.AfterFunc(wait/10, func() {
					b.Put(&unstructured.Unstructured{Object: map[string]any{
						"apiVersion": "tollgate.dev/v1alpha1", "kind": "Organization", "metadata": map[string]any{"name": "acme"},
						"spec": map[string]any{"namespaces": []any{"ns"}},
					}})
					e.UseInventory(b.Build())
				})
			}
			began := time.Now()
			response, _ := admission.New(e, admission.Options{SecondLook: tt.wait}).Validate(t.Context(), create(`{"metadata":{"name":"x"}}`))
			if response.Allowed != tt.allowed {
				t.Errorf("allowed=%t, want %t: %+v", response.Allowed, tt.allowed, response.Result)
			}
			if waited := time.Since(began) >= wait; waited != tt.again {
				t.Errorf("took %s: it looked again: %t, want %t", time.Since(began), waited, tt.again)
			}
		})
	}
}

func TestASecondLookEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	j := judge(t, admission.Options{SecondLook: time.Hour}, rule("owner", unowned, referential))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if response, _ := j.Validate(ctx, create(`{"metadata":{"name":"x"}}`)); response.Allowed {
		t.Error("allowed")
	}
}

// What is refused for what it refers to is refused soon when it comes often: each
// second look keeps a place that others need.
func TestFewLookAgainAtOnce(t *testing.T) {
	t.Parallel()
	const wait = 2 * time.Second
	j := judge(t, admission.Options{SecondLook: wait}, rule("owner", unowned, referential))
	var late atomic.Int32
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			began := time.Now()
			if response, _ := j.Validate(t.Context(), create(`{"metadata":{"name":"x"}}`)); response.Allowed {
				t.Error("allowed")
			}
			if time.Since(began) >= wait {
				late.Add(1)
			}
		})
	}
	all.Wait()
	if n := late.Load(); n < 1 || n > 2 {
		t.Errorf("%d of 40 waited, want one or two", n)
	}
	if response, _ := j.Validate(t.Context(), create(`{"metadata":{"name":"x"}}`)); response.Allowed {
		t.Error("allowed")
	}
}
