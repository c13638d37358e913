package policy_test

import (
	"testing"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
)

// FuzzCheck: whatever text a user sends as Rego, Check answers: it does not
// panic and it does not hang.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{
		good,
		"package p\nviolation[{\"msg\": msg}] { input.review.object; msg := sprintf(\"%v\", [1]) }",
		"package p\nimport data.lib.x as y\nviolation contains {\"msg\": m} if { some k, v in input; m := [a | a := v[_]; k != a] }",
		"package p\nf(x) := y if { y := x with input as {} }\nviolation contains f(input) if not f(1)",
		"package p\ndefault a := {1, 2}\na := 1 if { every x in [1] { x > 0 } } else := 2 if true\nviolation contains {\"msg\": `x`} if a",
		"package data.x[\"y\"].z\nviolation contains 1 if true",
		"# METADATA\n# title: [x\npackage p\nviolation contains $\"{1}\" if true",
		"package p\nviolation contains x if { data.tollgate.settings[x]; data.inventory.namespace[x] }",
		"package p\nviolation.a.b contains 1 if true",
	} {
		f.Add(s, "package lib.x\ny := 1", true)
		f.Add(s, s, false)
	}
	f.Fuzz(func(t *testing.T, source, lib string, v0 bool) {
		p := user(source)
		p.Libs = []policy.Module{{Name: "lib", Source: lib}}
		if v0 {
			p.RegoVersion = v1alpha1.RegoV0
		}
		start := time.Now()
		err := policy.Check(p)
		if took := time.Since(start); took > time.Minute {
			t.Fatalf("it took %s: %v", took, err)
		}
		if _, err := policy.Parse("f.rego", source); err == nil && len(source) == 0 {
			t.Fatal("an empty file is a policy")
		}
	})
}
