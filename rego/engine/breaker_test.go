package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/subject"
)

// from is a review of an object that loops or not, in a namespace of an
// organization, by somebody.
func from(t *testing.T, loops bool, organization string, source subject.Source, standing subject.Standing) engine.Input {
	t.Helper()
	object := configMap
	if loops {
		object = strings.Replace(configMap, `"v"`, `"loop"`, 1)
	}
	return create(t, object).For(subject.Subject{Organization: organization, Source: source, Standing: standing})
}

// What one tenant sends may take a policy too long. That is the tenant's own
// trouble: three large objects must not have the policy refuse everybody's.
func TestTheBreakerOpensForWhoeverTimesOut(t *testing.T) {
	tests := []struct {
		name   string
		source subject.Source
		by     subject.Standing
		of     string
		// who is answered without an evaluation afterwards.
		acme, globex, platform, stranger bool
	}{
		{name: "a member in its namespace", source: subject.SourceNamespace, by: subject.Member, of: "acme", acme: true},
		{name: "a stranger in its namespace", source: subject.SourceNamespace, by: subject.Stranger, of: "acme", acme: true},
		{name: "a member in the gateway's namespace", source: subject.SourceLabel, by: subject.Member, of: "acme", acme: true},
		{name: "a label that anybody writes", source: subject.SourceLabel, by: subject.Stranger, of: "globex", stranger: true},
		{name: "somebody in a namespace of nobody", source: subject.SourceNone, by: subject.Stranger, stranger: true},
		{name: "the controller", source: subject.SourceNone, by: subject.Controller, platform: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var clock ticking
			var seen counting
			options := clock.options()
			options.Observer = &seen
			e := engine.New(options)
			e.UseInventory(builder(t).Build())
			loop := impatient(rule("loop", `violation contains {"msg": "x"} if { input.review.object.data.k == "loop"; some i in numbers.range(1, 1000000000000); i < 0 }`), 20*time.Millisecond)
			for _, err := range e.UsePolicies(t.Context(), []*policy.Policy{loop}) {
				t.Fatal(err)
			}
			seen.timeOut(t, e, from(t, true, tt.of, tt.source, tt.by))
			for who, one := range map[string]struct {
				in     engine.Input
				closed bool
			}{
				"acme":     {from(t, false, "acme", subject.SourceNamespace, subject.Member), tt.acme},
				"globex":   {from(t, false, "globex", subject.SourceNamespace, subject.Delegate), tt.globex},
				"platform": {from(t, false, "", subject.SourceNone, subject.Admin), tt.platform},
				"stranger": {from(t, false, "", subject.SourceNone, subject.Stranger), tt.stranger},
			} {
				// A review that comes to nothing on a busy machine was evaluated too.
				before := seen.time()
				e.Snapshot().Validate(t.Context(), engine.Webhook, one.in)
				if got := seen.time() == before; got != one.closed {
					t.Errorf("%s is answered without an evaluation: %t, want %t", who, got, one.closed)
				}
			}
		})
	}
}

// A policy that does not end for several organizations does not end.
func TestTheBreakerOpensForAll(t *testing.T) {
	var clock ticking
	var seen counting
	options := clock.options()
	options.Observer = &seen
	e := engine.New(options)
	e.UseInventory(builder(t).Build())
	e.UsePolicies(t.Context(), []*policy.Policy{impatient(rule("loop", endless["nested loops"]), 20*time.Millisecond)})
	for i := range 3 {
		seen.timeOut(t, e, from(t, true, fmt.Sprint("o", i), subject.SourceNamespace, subject.Member))
	}
	waited := seen.time()
	for i := range 20 {
		e.Snapshot().Validate(t.Context(), engine.Webhook, from(t, true, fmt.Sprint("other", i), subject.SourceNamespace, subject.Member))
	}
	if more := seen.time() - waited; more != 0 {
		t.Errorf("others waited %s more for a policy that ends for nobody", more)
	}
}
