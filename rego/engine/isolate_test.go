package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/policy"
)

// Policies that do not end, each in its own way.
var endless = map[string]string{
	"a range without end": `violation contains {"msg": "x"} if { some i in numbers.range(1, 1000000000000); i < 0 }`,
	"a count of one":      `violation contains {"msg": "x"} if count([i | some i in numbers.range(1, 1000000000000)]) == 3`,
	"nested loops": `n := numbers.range(1, 1000)
violation contains {"msg": "x"} if { some a in n; some b in n; some c in n; a + b + c == 0 }`,
	"a walk of walks":     `violation contains {"msg": "x"} if { big := [i | some i in numbers.range(1, 1000)]; walk(big, [_, a]); walk(big, [_, b]); walk(big, [_, c]); a == [b, c] }`,
	"a text that doubles": "violation contains {\"msg\": \"x\"} if { contains(t40, \"b\") }\nt0 := \"aaaaaaaaaaaaaaaa\"\n" + doubling(40),
	// json.marshal does not look at the deadline.
	"a builtin that heeds nothing": `row := numbers.range(1, 3000)
violation contains {"msg": "x"} if { all := [row | some _ in row]; json.marshal(all) == "" }`,
}

func doubling(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "t%d := concat(\"\", [t%d, t%d])\n", i+1, i, i)
	}
	return b.String()
}

func impatient(p *policy.Policy, timeout time.Duration) *policy.Policy {
	p.Timeout = timeout
	return p
}

// TestEndless: the others' verdicts come, the looping policy is named, and its
// processor time ends with it.
func TestEndless(t *testing.T) {
	for name, body := range endless {
		t.Run(name, func(t *testing.T) {
			e := started(t,
				rule("a", `violation contains {"msg": "x"} if true`),
				impatient(rule("loop", body), 20*time.Millisecond),
				rule("z", `violation contains {"msg": "x"} if true`))
			want := []string{
				"a Deny : x",
				"loop Deny : the policy loop could not judge this request: it did not finish within 20ms (failure)",
				"z Deny : x",
			}
			for range 5 { // the breaker opens on the way and changes nothing
				if diff := cmp.Diff(want, short(e.Snapshot().Validate(t.Context(), engine.Webhook, create(t, configMap)))); diff != "" {
					t.Fatal(diff)
				}
			}
		})
	}
}

// TestMemory: a policy that hoards is stopped by what it hoards.
func TestMemory(t *testing.T) {
	e := engine.New(engine.Options{Memory: 16 << 20})
	e.UseInventory(builder(t).Build())
	e.UsePolicies(t.Context(), []*policy.Policy{impatient(rule("p", endless["a count of one"]), time.Minute), rule("q", `violation contains {"msg": "x"} if true`)})
	want := []string{"p Deny : the policy p could not judge this request: it used too much memory (failure)", "q Deny : x"}
	if diff := cmp.Diff(want, short(e.Snapshot().Validate(t.Context(), engine.Webhook, create(t, configMap)))); diff != "" {
		t.Error(diff)
	}
}

// TestPatience: where nobody waits a slow policy may take longer.
func TestPatience(t *testing.T) {
	slowly := impatient(rule("p", `violation contains {"msg": "done"} if count([i | some i in numbers.range(1, 200000); i > 0]) == 200000`), 10*time.Millisecond)
	for patience, failure := range map[int]bool{1: true, 3000: false} {
		e := engine.New(engine.Options{Patience: patience})
		e.UseInventory(builder(t).Build())
		e.UsePolicies(t.Context(), []*policy.Policy{slowly})
		v := e.Snapshot().Validate(t.Context(), engine.Review, create(t, configMap)).Violations
		if len(v) != 1 || v[0].Failure != failure {
			t.Errorf("patience %d: %v", patience, short(engine.Verdict{Violations: v}))
		}
	}
}

// TestHugeOutput: what a policy says is cut to a size that can be shown.
func TestHugeOutput(t *testing.T) {
	e := started(t, rule("p", `
text := concat("", ["é" | some _ in numbers.range(1, 20000)])
violation contains {"msg": text, "details": {"field": text, "remedy": text, "list": numbers.range(1, 20000)}} if true`))
	v := e.Snapshot().Validate(t.Context(), engine.Webhook, create(t, configMap)).Violations
	if len(v) != 1 || v[0].Failure {
		t.Fatal(short(engine.Verdict{Violations: v}))
	}
	if len(v[0].Message) > 2048 || len(v[0].Field) > 512 || len(v[0].Remedy) > 2048 || !strings.HasSuffix(v[0].Message, "é…") {
		t.Errorf("%d, %d, %d bytes", len(v[0].Message), len(v[0].Field), len(v[0].Remedy))
	}
	if diff := cmp.Diff(map[string]any{"truncated": true}, v[0].Details); diff != "" {
		t.Error(diff)
	}
}

// TestGivenUp: a review whose caller has gone ends, and blames no policy's
// breaker.
func TestGivenUp(t *testing.T) {
	var seen counting
	e := engine.New(engine.Options{Observer: &seen})
	e.UseInventory(builder(t).Build())
	e.UsePolicies(t.Context(), []*policy.Policy{impatient(rule("loop", endless["nested loops"]), time.Minute), rule("q", `violation contains {"msg": "x"} if true`)})
	for range 4 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		v := e.Snapshot().Validate(ctx, engine.Webhook, create(t, configMap))
		cancel()
		if v.Allowed() || !v.Violations[0].Failure {
			t.Fatal(short(v))
		}
	}
	// Those of the four that linger on a busy machine keep it from being evaluated for a moment; a breaker stays open.
	waited := seen.time()
	for deadline := time.Now().Add(time.Minute); seen.time() == waited; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the policy is not evaluated: its breaker is open")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		e.Snapshot().Validate(ctx, engine.Webhook, create(t, configMap))
		cancel()
	}
}

// TestSwapWhileReviewing: policies and inventory change under reviews; each
// review sees one whole set.
func TestSwapWhileReviewing(t *testing.T) {
	set := func(n int) []*policy.Policy {
		var out []*policy.Policy
		for i := range 5 {
			out = append(out, rule(fmt.Sprintf("p%d", i), fmt.Sprintf(`violation contains {"msg": "set %d"} if input.review.object`, n)))
		}
		return out
	}
	e := started(t, set(0)...)
	b := builder(t)
	ctx, stop := context.WithCancel(t.Context())
	var changes, reviews sync.WaitGroup
	changes.Add(2)
	go func() {
		defer changes.Done()
		for n := 1; ctx.Err() == nil; n++ {
			if errs := e.UsePolicies(context.Background(), set(n)); len(errs) > 0 {
				t.Error(errs)
			}
		}
	}()
	go func() {
		defer changes.Done()
		for ctx.Err() == nil {
			e.UseInventory(b.Build())
		}
	}()
	for range 4 {
		reviews.Add(1)
		go func() {
			defer reviews.Done()
			for range 100 {
				v := e.Snapshot().Validate(ctx, engine.Webhook, create(t, configMap)).Violations
				for _, x := range v {
					if x.Message != v[0].Message {
						t.Errorf("one review saw %q and %q", v[0].Message, x.Message)
					}
				}
				if len(v) != 5 {
					t.Errorf("%d violations", len(v))
				}
			}
		}()
	}
	reviews.Wait()
	stop()
	changes.Wait()
}

// TestBrokenPolicy: it fails what it matches and nothing else.
func TestBrokenPolicy(t *testing.T) {
	e := engine.New(engine.Options{})
	e.UseInventory(builder(t).Build())
	broken := rule("broken", `violation contains {"msg": } if true`)
	elsewhere := rule("elsewhere", `violation contains {"msg": } if true`)
	elsewhere.Match.Kinds = []v1alpha1.MatchKinds{{Kinds: []string{"Secret"}}}
	errs := e.UsePolicies(t.Context(), []*policy.Policy{broken, rule("a", `violation contains {"msg": "x"} if true`), rule("a", `violation contains {"msg": "y"} if true`), elsewhere})
	var texts []string
	for _, err := range errs {
		texts = append(texts, strings.SplitN(err.Error(), "\n", 2)[0])
	}
	want := []string{
		"broken: broken.rego:2:28: rego_parse_error: unexpected } token",
		"a: there are two policies of this id; the second is not in force",
		"elsewhere: elsewhere.rego:2:28: rego_parse_error: unexpected } token",
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error(diff)
	}
	got := short(e.Snapshot().Validate(t.Context(), engine.Webhook, create(t, configMap)))
	if len(got) != 2 || got[0] != "a Deny : x" || !strings.HasPrefix(got[1], "broken Deny : the policy broken could not judge this request: it does not compile: broken.rego:2:28") {
		t.Error(got)
	}
}
