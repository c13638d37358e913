package policy_test

import (
	"strings"
	"testing"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/policy"
)

func user(rego string) *policy.Policy {
	return &policy.Policy{ID: "p", Modules: []policy.Module{{Name: "p.rego", Source: rego}}}
}

const good = `package p
violation contains {"msg": "no"} if { input.review.object.spec.bad }
`

func TestCheck(t *testing.T) {
	ingress := []v1alpha1.InventoryKind{{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}}
	lib := func(source string) []policy.Module { return []policy.Module{{Name: "p.libs[0].rego", Source: source}} }
	tests := []struct {
		name   string
		policy *policy.Policy
		want   []string // parts of the error; none: it compiles
	}{
		{name: "good", policy: user(good)},
		{name: "v0", policy: &policy.Policy{ID: "p", RegoVersion: v1alpha1.RegoV0, Modules: []policy.Module{{Name: "p.rego", Source: "package k8s\nviolation[{\"msg\": msg}] { msg := sprintf(\"%v\", [input.review.kind]); any([true]) }"}}}},
		{name: "v0 with future keywords", policy: &policy.Policy{ID: "p", RegoVersion: v1alpha1.RegoV0, Modules: []policy.Module{{Name: "p.rego", Source: "package k8s\nimport future.keywords.in\nimport future.keywords\nviolation[{\"msg\": msg}] { some x in input.review.object.list; every y in [1] { y > 0 }; msg := x }"}}}},
		{name: "v0 with rego.v1", policy: &policy.Policy{ID: "p", RegoVersion: v1alpha1.RegoV0, Modules: []policy.Module{{Name: "p.rego", Source: "package k8s\nimport rego.v1\nviolation contains {\"msg\": \"x\"} if { some x in input.list; x }"}}}},
		{name: "v1 with its own imports", policy: user("package p\nimport rego.v1\nimport future.keywords.if\n" + strings.TrimPrefix(good, "package p\n"))},
		{name: "v1 with a template string", policy: user("package p\nviolation contains {\"msg\": $\"no {input.x}\"} if true")},
		{name: "v0 text as v1", policy: user("package p\nviolation[{\"msg\": msg}] { msg := \"x\" }"), want: []string{"p.rego:2:1: rego_parse_error", "`if` keyword is required"}},
		{name: "syntax error", policy: user("package p\n\nviolation contains {\"msg\": } if { true }"), want: []string{"p.rego:3:28: rego_parse_error", "\tviolation contains"}},
		{name: "unsafe variable", policy: user("package p\nviolation contains {\"msg\": x} if {\n  input.a\n}"), want: []string{"p.rego:2:28: rego_unsafe_var_error: var x is unsafe"}},
		{name: "type error", policy: user("package p\nviolation contains {\"msg\": \"\"} if { count(1) > 0 }"), want: []string{"p.rego:2:37: rego_type_error", "count"}},
		{name: "unknown function", policy: user("package p\nviolation contains {\"msg\": \"\"} if { nonsense(1) }"), want: []string{"p.rego:2:37: rego_type_error: undefined function nonsense"}},
		{name: "recursion", policy: user("package p\na if { b }\nb if { a }\nviolation contains {\"msg\": \"\"} if { a }"), want: []string{"rego_recursion_error"}},
		{name: "no rule", policy: user("package p\ndeny contains \"x\" if { true }"), want: []string{"p.rego:1", "no rule violation"}},
		{name: "a rule that is no set", policy: user("package p\nviolation := {\"msg\": \"x\"}"), want: []string{"p.rego:2", "must yield a set"}},
		{name: "empty", policy: user(""), want: []string{"p.rego:0", "empty module"}},
		{name: "nothing at all", policy: &policy.Policy{ID: "p"}, want: []string{"no Rego"}},
		{name: "two packages", policy: &policy.Policy{ID: "p", Modules: []policy.Module{{Name: "a.rego", Source: good}, {Name: "b.rego", Source: "package q\nx := 1"}}}, want: []string{"b.rego:1", "share one package"}},

		{name: "http.send", policy: user("package p\nviolation contains {\"msg\": \"\"} if {\n  http.send({\"url\": \"http://x\", \"method\": \"GET\"})\n}"), want: []string{"p.rego:3", "http.send is not available"}},
		{name: "http.send by with", policy: user("package p\nviolation contains {\"msg\": \"\"} if { x := count([]) with count as http.send; x > 0 }"), want: []string{"p.rego:2", "http.send is not available"}},
		{name: "nested call", policy: user("package p\nviolation contains {\"msg\": sprintf(\"%v\", [opa.runtime()])} if { true }"), want: []string{"p.rego:2", "opa.runtime is not available"}},
		{name: "in a comprehension", policy: user("package p\nviolation contains {\"msg\": \"\"} if { x := [y | y := net.lookup_ip_addr(\"x\")]; count(x) > 0 }"), want: []string{"net.lookup_ip_addr is not available"}},
		{name: "the clock", policy: user("package p\nviolation contains {\"msg\": \"\"} if { time.now_ns() > 0 }"), want: []string{"time.now_ns is not available"}},
		{name: "chance", policy: user("package p\nviolation contains {\"msg\": uuid.rfc4122(\"\")} if { rand.intn(\"a\", 2) == 1 }"), want: []string{"rand.intn is not available", "uuid.rfc4122 is not available"}},
		{name: "parsing Rego", policy: user("package p\nviolation contains {\"msg\": \"\"} if { rego.parse_module(\"x\", \"package x\") }"), want: []string{"rego.parse_module is not available"}},
		{name: "metadata", policy: user("package p\nviolation contains {\"msg\": rego.metadata.rule().title} if { true }"), want: []string{"rego.metadata.rule is not available"}},
		{name: "in a lib", policy: &policy.Policy{ID: "p", Modules: user("package p\nimport data.lib.x\nviolation contains {\"msg\": \"\"} if { x.f(1) }").Modules, Libs: lib("package lib.x\nf(y) if { http.send({}) }")}, want: []string{"p.libs[0].rego:2", "http.send is not available"}},
		{name: "print is taken and dropped", policy: user("package p\nviolation contains {\"msg\": \"\"} if { print(input) }")},

		{name: "its own rules by full name", policy: user("package a.b\nviolation contains {\"msg\": \"\"} if { data.a.b.helper }\nhelper if { input.x }")},
		{name: "its libs", policy: &policy.Policy{ID: "p", Modules: user("package p\nimport data.lib.x\nviolation contains {\"msg\": \"\"} if { x.f(1); data.lib.y.z }").Modules, Libs: append(lib("package lib.x\nimport data.lib.y\nf(a) if { y.z; a }"), policy.Module{Name: "y", Source: "package lib.y\nz := true"})}},
		{name: "a lib that is none", policy: &policy.Policy{ID: "p", Modules: user(good).Modules, Libs: lib("package other\nx := 1")}, want: []string{"p.libs[0].rego:1", "must be lib"}},
		{name: "a policy in lib", policy: user(strings.Replace(good, "package p", "package lib.p", 1)), want: []string{"may not be named lib"}},
		{name: "another policy", policy: user("package p\nviolation contains {\"msg\": \"\"} if { data.policies.other.violation[_] }"), want: []string{"p.rego:2", "data.policies.other.violation", "not available"}},
		{name: "all data", policy: user("package p\nviolation contains {\"msg\": \"\"} if { count(data) > 0 }"), want: []string{"p.rego:2:1: rego_recursion_error"}},
		{name: "data by variable", policy: user("package p\nviolation contains {\"msg\": \"\"} if { data[input.x].y }"), want: []string{"p.rego:2", "not available"}},
		{name: "projections", policy: user("package p\nviolation contains {\"msg\": \"\"} if { data.tollgate.host_owner[input.x] == \"a\" }")},
		{name: "all projections", policy: user("package p\nviolation contains {\"msg\": \"\"} if { data.tollgate[input.x] }"), want: []string{"not all of data.tollgate"}},
		{name: "a projection that is misspelt", policy: user("package p\nviolation contains {\"msg\": \"\"} if { not data.tollgate.namespac_owner[input.x] }"), want: []string{"p.rego:2:", "there is no document data.tollgate.namespac_owner", "namespace_owner"}},
		{name: "a lib of the baseline", policy: user("package p\nimport data.tollgate.lib.gateway\nviolation contains {\"msg\": \"\"} if { gateway.judged }"), want: []string{"data.tollgate.lib is for Tollgate's own policies"}},
		{name: "the package named like the projections", policy: user("package tollgate.settings\nviolation contains {\"msg\": \"\"} if { data.tollgate.settings.x }"), want: nil},

		{name: "inventory that is listed", policy: &policy.Policy{ID: "p", Inventory: ingress, Modules: user("package p\nviolation contains {\"msg\": \"\"} if { data.inventory.namespace[_][\"networking.k8s.io/v1\"].Ingress[_] }").Modules}},
		{name: "inventory of any version", policy: &policy.Policy{ID: "p", Inventory: ingress, Modules: user("package p\nviolation contains {\"msg\": \"\"} if { data.inventory.namespace[ns][v][\"Ingress\"][_]; v != ns }").Modules}},
		{name: "inventory that is not listed", policy: &policy.Policy{ID: "p", Inventory: ingress, Modules: user("package p\nviolation contains {\"msg\": \"\"} if { data.inventory.namespace[_].v1.Secret[_] }").Modules}, want: []string{"p.rego:2", "does not list that kind"}},
		{name: "inventory of another version", policy: &policy.Policy{ID: "p", Inventory: ingress, Modules: user("package p\nviolation contains {\"msg\": \"\"} if { data.inventory.namespace[_][\"networking.k8s.io/v1beta1\"].Ingress[_] }").Modules}, want: []string{"does not list that kind"}},
		{name: "inventory by import", policy: user("package p\nimport data.inventory as inv\nviolation contains {\"msg\": \"\"} if { inv.cluster.v1.Node[_] }"), want: []string{"lists no kinds"}},

		{name: "nested too deep", policy: user("package p\nx := " + strings.Repeat("[", 1000) + strings.Repeat("]", 1000)), want: []string{"nested more than 500 deep"}},
		{name: "too large", policy: user(good + strings.Repeat("# x\n", 2<<20)), want: []string{"at most"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := policy.Check(tt.policy)
			if len(tt.want) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil {
				t.Fatal("it compiles")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q lacks %q", err, part)
				}
			}
		})
	}
}
