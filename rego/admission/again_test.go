package admission_test

import (
	"context"
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

// looked counts evaluations of the policy owner, and acts at the end of the first.
type looked struct {
	n     atomic.Int32
	first func()
}

func (l *looked) Evaluated(id string, _ engine.Point, _ string, _ time.Duration) {
	if id == "owner" && l.n.Add(1) == 1 && l.first != nil {
		l.first()
	}
}

// What an object refers to may be written a moment before it.
func TestARefusalByWhatIsMissingIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	const wait = 50 * time.Millisecond
	never := rule("never", `violation contains {"msg": "no"} if true`)
	tests := []struct {
		name     string
		policies []*policy.Policy
		wait     time.Duration
		arrives  bool
		waits    bool
		looks    int32
		allowed  bool
	}{
		{name: "it arrives", policies: []*policy.Policy{rule("owner", unowned, referential)}, wait: wait, arrives: true, waits: true, looks: 2, allowed: true},
		{name: "it never does", policies: []*policy.Policy{rule("owner", unowned, referential)}, wait: wait, waits: true, looks: 1},
		{name: "nobody waits", policies: []*policy.Policy{rule("owner", unowned, referential)}, arrives: true, looks: 1},
		{name: "a policy that refers to nothing", policies: []*policy.Policy{rule("owner", unowned)}, wait: wait, arrives: true, looks: 1},
		{name: "another policy denies anyway", policies: []*policy.Policy{rule("owner", unowned, referential), never}, wait: wait, arrives: true, looks: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var seen looked
			e := engine.New(engine.Options{Observer: &seen})
			for _, err := range e.UsePolicies(t.Context(), tt.policies) {
				t.Fatal(err)
			}
			b := inventory.NewBuilder(settings.Default())
			e.UseInventory(b.Build())
			if tt.arrives {
				seen.first = func() {
					b.Put(&unstructured.Unstructured{Object: map[string]any{
						"apiVersion": "tollgate.dev/v1alpha1", "kind": "Organization", "metadata": map[string]any{"name": "acme"},
						"spec": map[string]any{"namespaces": []any{"ns"}},
					}})
					e.UseInventory(b.Build())
				}
			}
			began := time.Now()
			response, _ := admission.New(e, admission.Options{SecondLook: tt.wait}).Validate(t.Context(), create(`{"metadata":{"name":"x"}}`))
			if response.Allowed != tt.allowed {
				t.Errorf("allowed=%t, want %t: %+v", response.Allowed, tt.allowed, response.Result)
			}
			if took := time.Since(began); tt.waits && took < wait {
				t.Errorf("it took %s and did not wait for %s", took, wait)
			}
			// Where the object arrived, who looks again evaluates again.
			if got := seen.n.Load(); got != tt.looks {
				t.Errorf("looked %d times, want %d", got, tt.looks)
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
	j := judge(t, admission.Options{SecondLook: time.Hour}, rule("owner", unowned, referential))
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	refused := func() {
		if response, _ := j.Validate(ctx, create(`{"metadata":{"name":"x"}}`)); response.Allowed {
			t.Error("allowed")
		}
	}
	const all, wait = 40, 2
	back := make(chan struct{}, all)
	for range all {
		go func() {
			refused()
			back <- struct{}{}
		}()
	}
	patience := time.After(3 * time.Minute)
	for i := range all - wait {
		select {
		case <-back:
		case <-patience:
			t.Fatalf("%d of %d wait, want %d", all-i, all, wait)
		}
	}
	// The others wait for an hour, or until their requests are given up; meanwhile nobody else does.
	for range all {
		refused()
	}
	if n := len(back); n > 0 {
		t.Errorf("%d of the %d that are to wait are back", n, wait)
	}
	giveUp()
	for range wait {
		<-back
	}
}
