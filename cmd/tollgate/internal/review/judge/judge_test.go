package judge_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/complete"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/dispatch"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/judge"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/world"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/policy"
	"tollgate.dev/tollgate/rego/settings"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	raw, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(raw); err != nil {
		t.Fatal(err)
	}
	return u
}

// policies of the tests: one that labels, in two steps, one that refuses names,
// one that looks at the world.
func policies() []*policy.Policy {
	module := func(name, text string) []policy.Module {
		return []policy.Module{{Name: name + ".rego", Source: "package " + name + "\n" + text}}
	}
	return []*policy.Policy{
		{ID: "label", Kind: policy.Mutation, Modules: module("label", `
mutation contains {"op": "add", "path": "/metadata/labels/first", "value": "yes"} if not input.review.object.metadata.labels.first
mutation contains {"op": "add", "path": "/metadata/labels/second", "value": "yes"} if input.review.object.metadata.labels.first
mutation contains {"op": "add", "path": "/metadata/labels/third", "value": "yes"} if input.review.object.metadata.labels.second
`)},
		{ID: "names", Modules: module("names", `
violation contains {"msg": sprintf("%s %s", [input.review.operation, input.review.name]), "details": {"field": "metadata.name"}} if contains(input.review.name, "bad")
`)},
		{ID: "itself", Modules: module("itself", `
violation contains {"msg": "it is there"} if data.tollgate.namespace[input.review.name]
`)},
	}
}

// newJudge returns a judge and its world.
func newJudge(t *testing.T, existing ...string) (*judge.Judge, *world.World) {
	t.Helper()
	return newJudgeAsked(t, nil, existing...)
}

// newJudgeAsked is one of a cluster with configurations.
func newJudgeAsked(t *testing.T, asks *dispatch.Configurations, existing ...string) (*judge.Judge, *world.World) {
	t.Helper()
	catalog, err := complete.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Options{Patience: 100})
	if errs := e.UsePolicies(t.Context(), policies()); len(errs) > 0 {
		t.Fatal(errs)
	}
	s := settings.Default()
	w := world.New(e, s, nil)
	j := judge.New(catalog, w, e, s, asks)
	for _, text := range existing {
		if err := j.Put(object(t, text), "default"); err != nil {
			t.Fatal(err)
		}
	}
	w.Settle()
	return j, w
}

const (
	defaultClass = "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: usual, annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}}"
	ingress      = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, uid: stale, resourceVersion: '7', managedFields: []}, spec: {rules: [{host: a.example}]}}"
)

func TestAdmit(t *testing.T) {
	tests := []struct {
		name     string
		existing []string
		c        judge.Case
		object   string
		want     string // of the outcome
		request  string // what the request's object is, as YAML; "" for none
		old      string
	}{
		{
			name:     "an Ingress gets its class, its labels and a status, in two rounds",
			existing: []string{defaultClass}, object: ingress, want: "CREATE default/web",
			request: "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: default, generation: 1, labels: {first: 'yes', second: 'yes'}}, spec: {ingressClassName: usual, rules: [{host: a.example}]}, status: {loadBalancer: {}}}",
		},
		{
			name: "a class by annotation stays alone", existing: []string{defaultClass},
			object:  "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, annotations: {kubernetes.io/ingress.class: x}, labels: {first: a, second: 'yes', third: 'yes'}}, spec: {}}",
			want:    "CREATE default/web",
			request: "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: default, generation: 1, annotations: {kubernetes.io/ingress.class: x}, labels: {first: a, second: 'yes', third: 'yes'}}, spec: {}, status: {loadBalancer: {}}}",
		},
		{name: "a label that is no text", object: "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, labels: {a: yes}}}", want: "invalid: metadata.labels: Invalid value: it cannot be read: json: cannot unmarshal bool"},
		{name: "a label of a custom resource that is no text", object: "{apiVersion: tollgate.dev/v1alpha1, kind: Project, metadata: {name: x, labels: {a: 1}}}", want: "invalid: metadata.labels: Invalid value: it cannot be read: json: cannot unmarshal number"},
		{
			name: "a name that is refused", object: "{apiVersion: v1, kind: ConfigMap, metadata: {name: bad}}", want: "CREATE default/bad: names: metadata.name: CREATE bad.",
			request: "{apiVersion: v1, kind: ConfigMap, metadata: {name: bad, namespace: default, labels: {first: 'yes', second: 'yes'}}}",
		},
		{
			name: "a name that is to be drawn", object: "{apiVersion: v1, kind: ConfigMap, metadata: {generateName: bad-}}", want: "CREATE default/bad-xxxxx: names: metadata.name: CREATE bad-xxxxx.",
			request: "{apiVersion: v1, kind: ConfigMap, metadata: {name: bad-xxxxx, generateName: bad-, namespace: default, labels: {first: 'yes', second: 'yes'}}}",
		},
		{
			name: "what exists is updated", existing: []string{"{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: default, uid: u, resourceVersion: '3', labels: {first: 'yes'}}, data: {a: b}}"},
			object: "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: c}}", want: "UPDATE default/x",
			request: "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: default, uid: u, resourceVersion: '3', labels: {first: 'yes', second: 'yes'}}, data: {a: c}}",
			old:     "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: default, uid: u, resourceVersion: '3', labels: {first: 'yes'}}, data: {a: b}}",
		},
		{
			name: "a deletion has no object", c: judge.Case{Operation: admissionv1.Delete}, object: "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}", want: "DELETE default/x",
			old: "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: default}}",
		},
		{
			name: "a new object is not in the world", object: "{apiVersion: v1, kind: Namespace, metadata: {name: yard}}", want: "CREATE yard/yard",
			request: "{apiVersion: v1, kind: Namespace, metadata: {name: yard, labels: {first: 'yes', second: 'yes'}}, spec: {}, status: {}}",
		},
		{
			name: "an object that exists is", existing: []string{"{apiVersion: v1, kind: Namespace, metadata: {name: yard}}"}, object: "{apiVersion: v1, kind: Namespace, metadata: {name: yard}}", want: "UPDATE yard/yard: itself: it is there.",
			request: "{apiVersion: v1, kind: Namespace, metadata: {name: yard, labels: {first: 'yes', second: 'yes'}}, spec: {}, status: {}}",
			old:     "{apiVersion: v1, kind: Namespace, metadata: {name: yard}, spec: {}, status: {}}",
		},
		{name: "neither name nor generateName", object: "{apiVersion: v1, kind: ConfigMap, metadata: {}}", want: "invalid: metadata.name: Required value: name or generateName is required"},
		{name: "an update of nothing", c: judge.Case{Operation: admissionv1.Update}, object: "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}", want: "invalid: metadata.name: Invalid value: \"x\": there is no object to update"},
		{name: "an operation that is none", c: judge.Case{Operation: admissionv1.Connect}, object: "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}", want: "the operation is none of CREATE, UPDATE and DELETE"},
		{
			name: "an update of another object", c: judge.Case{Operation: admissionv1.Update, Old: &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "y"}}}},
			object: "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}", want: "the object to update is default/y",
		},
		{
			name: "an update of another kind", c: judge.Case{Operation: admissionv1.Update, Old: &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "x"}}}},
			object: "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}", want: "the object to update is v1 Secret",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j, w := newJudge(t, tt.existing...)
			c := tt.c
			c.Object, c.Namespace = object(t, tt.object), "default"
			before := c.Object.DeepCopy()
			out, err := j.Admit(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(out); !strings.Contains(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if diff := cmp.Diff(before, c.Object); diff != "" {
				t.Errorf("the manifest was changed (-before +after):\n%s", diff)
			}
			if w.Get(world.Key{Kind: "ConfigMap", Namespace: "default", Name: "x"}) != nil != (len(tt.existing) > 0 && strings.Contains(tt.existing[0], "name: x,")) {
				t.Error("the world is not as it was")
			}
			if out.Request == nil {
				if tt.request != "" || tt.old != "" {
					t.Error("there is no request")
				}
				return
			}
			for name, pair := range map[string][2]string{"object": {tt.request, string(out.Request.Object.Raw)}, "oldObject": {tt.old, string(out.Request.OldObject.Raw)}} {
				if diff := cmp.Diff(decode(t, pair[0]), decode(t, pair[1])); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

func describe(out *judge.Outcome) string {
	if len(out.Errors) > 0 {
		return "invalid: " + out.Errors.ToAggregate().Error()
	}
	text := string(out.Request.Operation) + " " + out.Request.Namespace + "/" + out.Request.Name
	if r := out.Response; !r.Allowed {
		text += ": " + r.Result.Message
	}
	return text
}

func decode(t *testing.T, text string) any {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRequestNamesWhoAsks(t *testing.T) {
	j, _ := newJudge(t)
	out, err := j.Admit(t.Context(), judge.Case{
		Object:    object(t, "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: x, namespace: home}, spec: {}}"),
		Namespace: "default", User: judge.User{Name: "alice", Groups: []string{"acme"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := out.Request
	if r.UserInfo.Username != "alice" || len(r.UserInfo.Groups) != 1 || r.Namespace != "home" || r.Resource.Resource != "httproutes" || *r.RequestKind != r.Kind || *r.DryRun {
		t.Errorf("request %+v", r)
	}
	if !strings.Contains(string(r.Options.Raw), `"kind":"CreateOptions"`) {
		t.Errorf("options %s", r.Options.Raw)
	}
	again, err := j.Admit(t.Context(), judge.Case{Object: object(t, "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: x, namespace: home}, spec: {}}"), User: judge.User{Name: "alice", Groups: []string{"acme"}}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, again.Request); diff != "" {
		t.Errorf("the same object makes another request (-once +twice):\n%s", diff)
	}
}

// TestExplain asks for the rules behind a verdict.
func TestExplain(t *testing.T) {
	j, _ := newJudge(t)
	out, err := j.Admit(t.Context(), judge.Case{Object: object(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: bad}}"), Namespace: "default", Explain: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Fired) != 1 || len(out.Fired[0]) != 1 || out.Fired[0][0].File != "names.rego" || out.Fired[0][0].Line != 3 {
		t.Errorf("fired %+v", out.Fired)
	}
}
