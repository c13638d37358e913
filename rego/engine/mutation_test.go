package engine_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/subject"
)

func mutation(id, body string) *policy.Policy {
	p := rule(id, body)
	p.Kind = policy.Mutation
	return p
}

func TestMutate(t *testing.T) {
	tests := []struct {
		name     string
		policies []*policy.Policy
		object   string
		patches  string
		failures []string
	}{
		{name: "nothing to do", policies: []*policy.Policy{mutation("a", `mutation contains {"op": "add", "path": "/data/k", "value": "v"} if true`)}, object: configMap, patches: `null`},
		{name: "add and replace", policies: []*policy.Policy{mutation("a", `mutation contains {"op": "replace", "path": "/data/k", "value": "w"} if true
mutation contains {"op": "add", "path": "/data/z", "value": {"x": [1]}} if true`)}, object: configMap,
			patches: `[{"op":"add","path":"/data/k","value":"w"},{"op":"add","path":"/data/z","value":{"x":[1]}}]`},
		{name: "false is a value", policies: []*policy.Policy{mutation("a", `mutation contains {"op": "add", "path": "/data/f", "value": false} if true`)}, object: configMap,
			patches: `[{"op":"add","path":"/data/f","value":false}]`},
		{name: "missing parents", policies: []*policy.Policy{mutation("a", `mutation contains {"op": "add", "path": "/metadata/annotations/x.y~1z", "value": "1"} if true
mutation contains {"op": "add", "path": "/metadata/annotations", "value": {}} if true`),
			mutation("b", `mutation contains {"op": "add", "path": "/metadata/annotations/b", "value": "2"} if true`)}, object: configMap,
			patches: `[{"op":"add","path":"/metadata/annotations","value":{}},{"op":"add","path":"/metadata/annotations/b","value":"2"},{"op":"add","path":"/metadata/annotations/x.y~1z","value":"1"}]`},
		{name: "null counts as missing", policies: []*policy.Policy{mutation("a", `mutation contains {"op": "add", "path": "/spec/x", "value": 1} if true`)}, object: `{"metadata":{"name":"x"},"spec":null}`,
			patches: `[{"op":"add","path":"/spec","value":{}},{"op":"add","path":"/spec/x","value":1}]`},
		{name: "remove", policies: []*policy.Policy{mutation("a", `mutation contains {"op": "remove", "path": "/data/k"} if true
mutation contains {"op": "remove", "path": "/data/nothing"} if true`)}, object: configMap, patches: `[{"op":"remove","path":"/data/k"}]`},
		{name: "through a list", policies: []*policy.Policy{mutation("a", `mutation contains {"op": "add", "path": "/rules/1/on", "value": true} if true`)}, object: `{"rules":[{},{}]}`,
			patches: `[{"op":"add","path":"/rules/1/on","value":true}]`},
		{name: "two want the same", policies: []*policy.Policy{
			mutation("a", `mutation contains {"op": "add", "path": "/data/z", "value": "1"} if true`),
			mutation("b", `mutation contains {"op": "add", "path": "/data/z", "value": "1"} if true`)}, object: configMap,
			patches: `[{"op":"add","path":"/data/z","value":"1"}]`},
		{name: "two want different things", policies: []*policy.Policy{
			mutation("b", `mutation contains {"op": "add", "path": "/data/z", "value": "2"} if true
mutation contains {"op": "add", "path": "/data/y", "value": "2"} if true`),
			mutation("a", `mutation contains {"op": "add", "path": "/data/z", "value": "1"} if true`)}, object: configMap,
			patches:  `[{"op":"add","path":"/data/z","value":"1"}]`,
			failures: []string{"b Deny : the policy b could not judge this request: it wants to change /data/z, and a wants to change /data/z otherwise (failure)"}},
		{name: "one removes what another changes", policies: []*policy.Policy{
			mutation("a", `mutation contains {"op": "add", "path": "/data/z", "value": "1"} if true`),
			mutation("b", `mutation contains {"op": "remove", "path": "/data"} if true`)}, object: configMap,
			patches:  `[{"op":"add","path":"/data/z","value":"1"}]`,
			failures: []string{"b Deny : the policy b could not judge this request: it wants to change /data, and a wants to change /data/z otherwise (failure)"}},
		{name: "an element of a list", policies: []*policy.Policy{mutation("a", `mutation contains {"op": "add", "path": "/rules/-", "value": 1} if true`)}, object: `{"rules":[]}`, patches: `null`,
			failures: []string{"a Deny : the policy a could not judge this request: the path /rules/- adds or removes an element of a list; patches change members of objects (failure)"}},
		{name: "through a text", policies: []*policy.Policy{mutation("a", `mutation contains {"op": "add", "path": "/data/k/x", "value": 1} if true`)}, object: configMap, patches: `null`,
			failures: []string{"a Deny : the policy a could not judge this request: the path /data/k/x leads through string (failure)"}},
		{name: "another op", policies: []*policy.Policy{mutation("a", `mutation contains {"op": "move", "path": "/data/k"} if true`)}, object: configMap, patches: `null`,
			failures: []string{`a Deny : the policy a could not judge this request: the patch of "/data/k" has the op "move"; add, replace and remove are taken (failure)`}},
		{name: "no value", policies: []*policy.Policy{mutation("a", `mutation contains {"op": "add", "path": "/data/k"} if true`)}, object: configMap, patches: `null`,
			failures: []string{"a Deny : the policy a could not judge this request: the patch of /data/k has no value (failure)"}},
		{name: "no path", policies: []*policy.Policy{mutation("a", `mutation contains {"op": "add", "path": "data.k", "value": 1} if true`)}, object: configMap, patches: `null`,
			failures: []string{`a Deny : the policy a could not judge this request: the path "data.k" is none; write it as /spec/field (failure)`}},
		{name: "no object", policies: []*policy.Policy{mutation("a", `mutation contains "x" if true`)}, object: configMap, patches: `null`,
			failures: []string{"a Deny : the policy a could not judge this request: the rule mutation yields string, not objects with op, path and value (failure)"}},
		{name: "dry run", policies: []*policy.Policy{func() *policy.Policy {
			p := mutation("a", `mutation contains {"op": "add", "path": "/data/z", "value": 1} if true`)
			p.Enforcement.Webhook = v1alpha1.PolicyDryRun
			return p
		}()}, object: configMap, patches: `null`},
		{name: "validations are not asked", policies: []*policy.Policy{rule("a", `violation contains {"msg": "x"} if true`)}, object: configMap, patches: `null`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := started(t, tt.policies...).Snapshot()
			patches, failures := s.Mutate(t.Context(), create(t, tt.object))
			raw, err := json.Marshal(patches)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.patches, string(raw)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.failures, short(engine.Verdict{Violations: failures})); diff != "" {
				t.Error(diff)
			}
			if len(failures) == 0 {
				if err := settles(t.Context(), s, create(t, tt.object)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestMutateLeavesDeletesAlone(t *testing.T) {
	p := mutation("a", `mutation contains {"op": "add", "path": "/data/z", "value": 1} if true`)
	p.Match.Operations = []string{"CREATE", "UPDATE", "DELETE"}
	in, err := engine.NewInput(request(admissionv1.Delete, "", configMap), subject.Subject{})
	if err != nil {
		t.Fatal(err)
	}
	if patches, failures := started(t, p).Snapshot().Mutate(t.Context(), in); len(patches)+len(failures) > 0 {
		t.Error(patches, failures)
	}
}
