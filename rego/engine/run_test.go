package engine

import (
	"sync"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

// On a machine that is busy enough a goroutine begins when its turn was given up
// long ago.
func TestAnEvaluationThatBeginsTooLateIsATimeout(t *testing.T) {
	t.Parallel()
	e := New(Options{})
	e.UseInventory(inventory.NewBuilder(settings.Default()).Build())
	p := &policy.Policy{
		ID: "late", RegoVersion: v1alpha1.RegoV1, Timeout: 10 * time.Millisecond,
		Modules: []policy.Module{{Name: "late", Source: "package late\nviolation contains {\"msg\": \"never\"}"}},
	}
	if errs := e.UsePolicies(t.Context(), []*policy.Policy{p}); len(errs) > 0 {
		t.Fatal(errs)
	}
	s := e.Snapshot()
	var begun sync.WaitGroup
	r := runner{
		ctx: t.Context(), store: s.store, memory: s.options.Memory, patience: 1, now: time.Now,
		start: func(task func()) {
			begun.Go(func() {
				time.Sleep(10*time.Millisecond + 4*grace)
				task()
			})
		},
	}
	input := ast.NewTerm(ast.NewObject())
	jobs := []job{{unit: s.set.validations[0], input: input}, {unit: s.set.validations[0], input: input}}
	r.run(jobs)
	begun.Wait()
	for i, j := range jobs {
		if j.out.stop != outOfTime {
			t.Errorf("job %d: %+v, want that it ran out of time", i, j.out)
		}
	}
}
