package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/subject"
)

// ticking is a clock that moves when it is told to.
type ticking struct{ ns atomic.Int64 }

func (c *ticking) now() time.Time          { return time.Unix(0, c.ns.Load()) }
func (c *ticking) pass(d time.Duration)    { c.ns.Add(int64(d)) }
func (c *ticking) options() engine.Options { return engine.Options{Now: c.now} }

// counting counts evaluations that ended, by result.
type counting struct {
	mu      sync.Mutex
	results map[string]int
	waited  time.Duration
}

func (c *counting) Evaluated(id string, _ engine.Point, result string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.results == nil {
		c.results = map[string]int{}
	}
	c.results[id+" "+result]++
	if id == "loop" {
		c.waited += took
	}
}

// time is how long evaluations of the policy "loop" took that a review waited for.
func (c *counting) time() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waited
}

// timeOut has the policy "loop" evaluated three times without an end. A review is
// answered without an evaluation while two linger, as they may on a busy machine.
func (c *counting) timeOut(t *testing.T, e *engine.Engine, looping engine.Input) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for evaluated := 0; evaluated < 3; {
		before := c.time()
		if v := e.Snapshot().Validate(t.Context(), engine.Webhook, looping); len(v.Violations) != 1 || !v.Violations[0].Failure {
			t.Fatal("the loop ended")
		}
		if c.time() > before {
			evaluated++
		} else if time.Now().After(deadline) {
			t.Fatalf("it was evaluated %d times only", evaluated)
		} else {
			time.Sleep(time.Millisecond)
		}
	}
}

// TestBreaker: after three timeouts nobody waits for a looping policy, and a
// probe lets it back in.
func TestBreaker(t *testing.T) {
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
	looping := create(t, strings.Replace(configMap, `"v"`, `"loop"`, 1))
	failed := func(in engine.Input) bool {
		v := e.Snapshot().Validate(t.Context(), engine.Webhook, in)
		return len(v.Violations) == 1 && v.Violations[0].Failure
	}
	seen.timeOut(t, e, looping)
	waited := seen.time()
	if !failed(create(t, configMap)) || seen.time() != waited {
		t.Fatal("the breaker is not open")
	}
	// A probe that loops leaves it open, for longer.
	clock.pass(time.Second)
	if !failed(looping) || seen.time() != waited {
		t.Fatal("a review waited for a probe")
	}
	// A probe that ends closes it.
	deadline := time.Now().Add(2 * time.Minute)
	for failed(create(t, configMap)) {
		clock.pass(time.Minute)
		if time.Now().After(deadline) {
			t.Fatal("the breaker never closes")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if seen.time() <= waited {
		t.Error("nothing was evaluated after the breaker closed")
	}
}

// TestBreakerEndsWithThePolicy: a repaired policy is judged at once.
func TestBreakerEndsWithThePolicy(t *testing.T) {
	loop := impatient(rule("p", endless["nested loops"]), 10*time.Millisecond)
	e := started(t, loop)
	for range 4 {
		e.Snapshot().Validate(t.Context(), engine.Webhook, create(t, configMap))
	}
	e.UsePolicies(t.Context(), []*policy.Policy{rule("p", `violation contains {"msg": "repaired"} if true`)})
	if diff := cmp.Diff([]string{"p Deny : repaired"}, short(e.Snapshot().Validate(t.Context(), engine.Webhook, create(t, configMap)))); diff != "" {
		t.Error(diff)
	}
}

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
