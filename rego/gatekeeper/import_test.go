package gatekeeper_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/admission"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/gatekeeper"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

func objects(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	var out []*unstructured.Unstructured
	for _, doc := range strings.Split(text, "\n---\n") {
		raw, err := yaml.YAMLToJSONStrict([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		u := &unstructured.Unstructured{}
		if err := u.UnmarshalJSON(raw); err != nil {
			t.Fatal(err)
		}
		out = append(out, u)
	}
	return out
}

func read(t *testing.T, name string) []*unstructured.Unstructured {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return objects(t, string(data))
}

func TestImport(t *testing.T) {
	for _, name := range []string{"labels", "v1code", "sync"} {
		t.Run(name, func(t *testing.T) {
			all, err := gatekeeper.Import(read(t, name+".yaml"), gatekeeper.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			for _, one := range all {
				if err := gatekeeper.Write(&out, one); err != nil {
					t.Fatal(err)
				}
			}
			file := filepath.Join("testdata", name+".golden.yaml")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("policies (-want +got):\n%s", diff)
			}
			var back v1alpha1.AdmissionPolicy
			if err := yaml.UnmarshalStrict([]byte(strings.Split(out.String(), "\n---\n")[0]), &back); err != nil {
				t.Errorf("what is written is no AdmissionPolicy: %v", err)
			}
		})
	}
}

// TestVerdictsAreThoseOfTheTemplate runs imported policies as the webhook does.
func TestVerdictsAreThoseOfTheTemplate(t *testing.T) {
	var policies []*policy.Policy
	var kinds []v1alpha1.InventoryKind
	for _, name := range []string{"labels.yaml", "v1code.yaml"} {
		all, err := gatekeeper.Import(read(t, name), gatekeeper.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			p, err := policy.FromObject(one.Policy)
			if err != nil {
				t.Fatal(err)
			}
			policies = append(policies, p)
			kinds = append(kinds, p.Inventory...)
		}
	}
	e := engine.New(engine.Options{Patience: 100})
	if errs := e.UsePolicies(t.Context(), policies); len(errs) > 0 {
		t.Fatal(errs)
	}
	b := inventory.NewBuilder(settings.Default())
	b.Whole(kinds)
	ingress := func(ns, name, host string) *unstructured.Unstructured {
		return objects(t, `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: `+name+`, namespace: `+ns+`}, spec: {rules: [{host: `+host+`}]}}`)[0]
	}
	b.Put(ingress("other", "first", "a.example"))
	e.UseInventory(b.Build())
	judge := admission.New(e, admission.Options{})
	tests := []struct {
		name   string
		object *unstructured.Unstructured
		want   []string
	}{
		{"a namespace without an owner", objects(t, `{apiVersion: v1, kind: Namespace, metadata: {name: x}}`)[0], []string{`Warn ns-owner metadata.labels: labels are missing: ["owner"]. Ask the platform team.`}},
		{"a namespace with an owner", objects(t, `{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {owner: me}}}`)[0], nil},
		{"a namespace that the selector leaves out", objects(t, `{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {skip: me}}}`)[0], nil},
		{"a host that is taken, and labels", ingress("acme-web", "web-1", "a.example"), []string{"Deny one-host : the host a.example is that of other/first", `Deny routes-owner metadata.labels: labels are missing: ["owner", "team"]. Ask the platform team.`}},
		{"a host that is free, a name that does not match", ingress("acme-web", "shop", "b.example"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw, err := tt.object.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			gvk := tt.object.GroupVersionKind()
			_, verdict := judge.Validate(t.Context(), &admissionv1.AdmissionRequest{
				Kind: metav1.GroupVersionKind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind},
				Name: tt.object.GetName(), Namespace: tt.object.GetNamespace(), Operation: admissionv1.Create,
				Object: runtime.RawExtension{Raw: raw},
			})
			var got []string
			for _, v := range verdict.Violations {
				got = append(got, string(v.Action)+" "+v.Policy+" "+v.Field+": "+v.Message)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

const templateHead = `
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: x}
spec:
  crd: {spec: {names: {kind: X}, validation: {openAPIV3Schema: {type: object, properties: {count: {type: integer}}}}}}
`

const plain = templateHead + `
  targets: [{target: admission.k8s.gatekeeper.sh, rego: "package x\nviolation[{\"msg\": \"m\"}] { input.review.name == \"x\" }"}]
`

const constraintHead = `
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: X
metadata: {name: a}
`

func TestRefusals(t *testing.T) {
	rego := func(text string) string {
		raw, err := json.Marshal("package x\n" + text)
		if err != nil {
			t.Fatal(err)
		}
		return templateHead + "  targets: [{target: admission.k8s.gatekeeper.sh, rego: " + string(raw) + "}]\n---\n" + constraintHead
	}
	tests := []struct{ name, text, want string }{
		{"external data", rego(`violation[{"msg": "m"}] { external_data({"provider": "p", "keys": ["a"]}).errors }`), "x:2: it calls external_data, which cannot be carried over: policies reach no network"},
		{"the network", rego(`violation[{"msg": "m"}] { http.send({"method": "get", "url": "x"}) }`), "http.send is not available to policies"},
		{"a kind in a variable", rego(`violation[{"msg": "m"}] { data.inventory.cluster["v1"][k][_]; k == "Node" }`), "name the kinds it reads with --inventory GROUP/VERSION/KIND"},
		{"the whole inventory", rego(`violation[{"msg": "m"}] { i := data.inventory; i.cluster }`), "name the kinds it reads with --inventory"},
		{"Rego that does not parse", rego(`violation[`), "its Rego cannot be read: 2 errors occurred:\nx:2: rego_parse_error"},
		{"no violation", rego(`deny[{"msg": "m"}] { true }`), "the policy has no rule violation"},
		{"CEL only", templateHead + "  targets: [{target: admission.k8s.gatekeeper.sh, code: [{engine: K8sNativeValidation, source: {validations: []}}]}]\n---\n" + constraintHead, "its code is for K8sNativeValidation only, and there is no Rego in it"},
		{"another target", templateHead + "  targets: [{target: a.b.c, rego: x}]\n---\n" + constraintHead, `the target "a.b.c" is not admission.k8s.gatekeeper.sh`},
		{"two targets", templateHead + "  targets: [{}, {}]\n---\n" + constraintHead, "spec.targets must hold one target"},
		{"an unknown version", templateHead + "  targets: [{target: admission.k8s.gatekeeper.sh, code: [{engine: Rego, source: {version: v3, rego: x}}]}]\n---\n" + constraintHead, `version is "v3"`},
		{"a template alone", plain, "ConstraintTemplate x: there is no X in the input"},
		{"a constraint alone", constraintHead, "X a: its ConstraintTemplate is not in the input"},
		{"parameters of the wrong type", plain + "---\n" + constraintHead + "spec: {parameters: {count: many}}", `spec.parameters.count: Invalid value: "string": count in body must be of type integer: "string"`},
		{"parameters that are a list", plain + "---\n" + constraintHead + "spec: {parameters: [1]}", "spec.parameters is not a mapping"},
		{"an unknown action", plain + "---\n" + constraintHead + "spec: {enforcementAction: page}", `spec.enforcementAction is "page"`},
		{"scoped without actions", plain + "---\n" + constraintHead + "spec: {enforcementAction: scoped}", "spec.scopedEnforcementActions must be given"},
		{"actions without scoped", plain + "---\n" + constraintHead + "spec: {scopedEnforcementActions: []}", "remove one"},
		{"an unknown point", plain + "---\n" + constraintHead + "spec: {enforcementAction: scoped, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: x}]}]}", `"x" is not known`},
		{"an unknown match", plain + "---\n" + constraintHead + "spec: {match: {podSelector: {}}}", "spec.match.podSelector is not known here"},
		{"an unknown field of a kind", plain + "---\n" + constraintHead + "spec: {match: {kinds: [{groups: [a]}]}}", `unknown field "kinds[0].groups"`},
		{"a * in the middle", plain + "---\n" + constraintHead + "spec: {match: {namespaces: [a*b]}}", "has a * in the middle"},
		{"generated objects", plain + "---\n" + constraintHead + "spec: {match: {source: Generated}}", "objects that expansion generates cannot be judged"},
		{"CONNECT", plain + "---\n" + constraintHead + "spec: {match: {operations: [CONNECT]}}", "CONNECT cannot be carried over"},
		{"a mutator", "{apiVersion: mutations.gatekeeper.sh/v1, kind: Assign, metadata: {name: m}}", "Assign m: mutators cannot be carried over"},
		{"a provider", "{apiVersion: externaldata.gatekeeper.sh/v1beta1, kind: Provider, metadata: {name: m}}", "external data cannot be carried over"},
		{"a config", "{apiVersion: config.gatekeeper.sh/v1alpha1, kind: Config, metadata: {name: m}}", "each policy lists what it reads in spec.inventory"},
		{"something else", "{apiVersion: v1, kind: Secret, metadata: {name: m}}", "neither a ConstraintTemplate nor a constraint"},
		{"a bad schema", strings.Replace(plain, "type: integer", "type: 7", 1) + "---\n" + constraintHead, "openAPIV3Schema"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := gatekeeper.Import(objects(t, tt.text), gatekeeper.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v\nwant one with %q", err, tt.want)
			}
			if len(got) > 0 {
				t.Errorf("%d policies came out", len(got))
			}
		})
	}
}

func TestInventoryIsAddedOnRequest(t *testing.T) {
	text := templateHead + "  targets: [{target: admission.k8s.gatekeeper.sh, rego: \"package x\\nviolation[{\\\"msg\\\": \\\"m\\\"}] { data.inventory.cluster[_].Node[_] }\"}]\n---\n" + constraintHead
	kind, err := gatekeeper.ParseKind("v1/Node")
	if err != nil {
		t.Fatal(err)
	}
	got, err := gatekeeper.Import(objects(t, text), gatekeeper.Options{Inventory: []v1alpha1.InventoryKind{kind}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]v1alpha1.InventoryKind{{Version: "v1", Kind: "Node"}}, got[0].Policy.Spec.Inventory); diff != "" {
		t.Errorf("inventory (-want +got):\n%s", diff)
	}
}

func TestNamesDoNotCollide(t *testing.T) {
	other := strings.NewReplacer("name: x}", "name: another}", "kind: X", "kind: Other").Replace(plain)
	text := plain + "---\n" + other + "---\n" + constraintHead + "---\n" + strings.Replace(constraintHead, "kind: X", "kind: Other", 1)
	got, err := gatekeeper.Import(objects(t, text), gatekeeper.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Policy.Name != "a" || got[1].Policy.Name != "another-a" || len(got[1].Notes) != 1 {
		t.Errorf("%d policies: %+v", len(got), got)
	}
}

func FuzzImport(f *testing.F) {
	for _, seed := range []string{plain + "---\n" + constraintHead, constraintHead + "spec: {match: 3}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var all []*unstructured.Unstructured
		for _, doc := range strings.Split(text, "\n---\n") {
			raw, err := yaml.YAMLToJSONStrict([]byte(doc))
			if err != nil {
				return
			}
			u := &unstructured.Unstructured{}
			if err := u.UnmarshalJSON(raw); err != nil {
				return
			}
			all = append(all, u)
		}
		got, err := gatekeeper.Import(all, gatekeeper.Options{})
		for _, one := range got {
			if p, e := policy.FromObject(one.Policy); e != nil || policy.Check(p) != nil {
				t.Errorf("a policy that does not compile came out, with %v", err)
			}
		}
	})
}
