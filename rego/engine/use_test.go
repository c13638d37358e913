package engine_test

import (
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
	"tollgate.dev/tollgate/rego/subject"
)

// Other settings change parameters and what the inventory says of them. No review
// sees the ones of these with the other of those.
func TestUseIsOneStep(t *testing.T) {
	type generation struct {
		policies  []*policy.Policy
		inventory *inventory.Inventory
	}
	made := func(namespace string) generation {
		s := settings.Default()
		s.Gateway.Namespace = namespace
		p := rule("torn", `violation contains {"msg": data.tollgate.settings.gateway.namespace} if input.parameters.namespace != data.tollgate.settings.gateway.namespace`)
		p.Parameters = map[string]any{"namespace": namespace}
		return generation{[]*policy.Policy{p}, inventory.NewBuilder(s).Build()}
	}
	generations := []generation{made("a"), made("b")}
	e := engine.New(engine.Options{})
	use := func(g generation) {
		for _, err := range e.Use(t.Context(), g.policies, g.inventory) {
			t.Error(err)
		}
	}
	use(generations[0])
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 300 {
			use(generations[i%2])
		}
	}()
	in, err := engine.NewInput(request(admissionv1.Create, `{"apiVersion":"v1","kind":"ConfigMap"}`, ""), subject.Subject{})
	if err != nil {
		t.Fatal(err)
	}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if v := e.Snapshot().Validate(t.Context(), engine.Webhook, in); len(v.Violations) > 0 {
			t.Fatalf("judged by what does not belong together: %v", v.Violations)
		}
	}
	torn := engine.New(engine.Options{})
	torn.Use(t.Context(), generations[0].policies, generations[1].inventory)
	if v := torn.Snapshot().Validate(t.Context(), engine.Webhook, in); len(v.Violations) != 1 {
		t.Errorf("the policy does not see what does not belong together: %v", v.Violations)
	}
}
