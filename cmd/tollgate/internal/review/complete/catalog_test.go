package complete_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/complete"
)

func catalog(t *testing.T) *complete.Catalog {
	t.Helper()
	c, err := complete.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

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

const route = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: acme-web}
spec:
  parentRefs: [{name: gw}]
  unknown: 1
  rules:
  - backendRefs: [{name: web, port: 80}]
`

func TestDecode(t *testing.T) {
	tests := []struct {
		name, text, want string
		warnings         []string
		err              string
	}{
		{
			name: "a route gets the Gateway API's defaults and loses what it does not know",
			text: route,
			want: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: acme-web}
spec:
  parentRefs: [{name: gw, group: gateway.networking.k8s.io, kind: Gateway}]
  rules:
  - backendRefs: [{name: web, port: 80, group: "", kind: Service, weight: 1}]
    matches: [{path: {type: PathPrefix, value: /}}]
`,
			warnings: []string{`unknown field "spec.unknown"`},
		},
		{
			name: "an Ingress goes through its type",
			text: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: acme-web}
spec: {rules: [{host: a.example}], nothing: here}
`,
			want: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: acme-web}
spec: {rules: [{host: a.example}]}
status: {loadBalancer: {}}
`,
			warnings: []string{`unknown field "spec.nothing"`},
		},
		{
			name: "a policy's defaults",
			text: `
apiVersion: tollgate.dev/v1alpha1
kind: AdmissionPolicy
metadata: {name: p}
spec: {rego: package p}
`,
			want: `
apiVersion: tollgate.dev/v1alpha1
kind: AdmissionPolicy
metadata: {name: p}
spec:
  rego: package p
  regoVersion: v1
  severity: Medium
  onError: Deny
  timeoutMilliseconds: 500
  enforcement: {webhook: Deny, review: Deny}
`,
		},
		{
			name: "a Secret's texts become its data",
			text: "{apiVersion: v1, kind: Secret, metadata: {name: x}, data: {a: YQ==, b: eA==}, stringData: {b: b}}",
			want: "{apiVersion: v1, kind: Secret, metadata: {name: x}, data: {a: YQ==, b: Yg==}, type: Opaque}",
		},
		{
			name: "a kind without a definition is taken as it is",
			text: "{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: x}, spec: {a: 1}}",
			want: "{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: x}, spec: {a: 1}}",
		},
		{name: "labels that are no strings", text: "{apiVersion: tollgate.dev/v1alpha1, kind: Project, metadata: {name: x, labels: {a: 1}}}", err: "cannot unmarshal number into Go struct field ObjectMeta.labels of type string"},
		{name: "labels of an unknown kind that are no strings", text: "{apiVersion: example.com/v1, kind: X, metadata: {name: x, labels: {a: 1}}}", err: "metadata.labels: expected a map of strings"},
		{name: "an Ingress of the wrong shape", text: "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: x}, spec: {rules: 3}}", err: "cannot unmarshal number into Go struct field IngressSpec.spec.rules"},
	}
	c := catalog(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := object(t, tt.text)
			kind, err := c.Kind(u.GroupVersionKind())
			if err != nil {
				t.Fatal(err)
			}
			warnings, err := kind.Decode(u)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want one with %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.warnings, warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(object(t, tt.want).Object, u.Object); diff != "" {
				t.Errorf("object (-want +got):\n%s", diff)
			}
			again := u.DeepCopy()
			if _, err := kind.Decode(again); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(u.Object, again.Object); diff != "" {
				t.Errorf("decoding twice changes it (-once +twice):\n%s", diff)
			}
		})
	}
}

func TestCreate(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{name: "a route", text: route},
		{
			name: "the schema's own rule",
			text: "{apiVersion: tollgate.dev/v1alpha1, kind: AdmissionPolicy, metadata: {name: p}, spec: {rego: package p, severity: Loud}}",
			want: `spec.severity: Unsupported value: "Loud": supported values: "Low", "Medium", "High", "Critical"`,
		},
		{
			name: "a rule in CEL",
			text: "{apiVersion: tollgate.dev/v1alpha1, kind: AdmissionPolicy, metadata: {name: p.q}, spec: {rego: package p}}",
			want: "metadata.name must be a DNS label",
		},
		{
			name: "a rule in CEL of the Gateway API",
			text: "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: p, namespace: a}, spec: {rules: [{backendRefs: [{name: svc}]}]}}",
			want: "Must have port for Service reference",
		},
		{
			name: "a bad name",
			text: "{apiVersion: tollgate.dev/v1alpha1, kind: Project, metadata: {name: A_B, namespace: a}, spec: {organization: acme}}",
			want: "metadata.name: Invalid value",
		},
		{name: "an Ingress with a bad label", text: "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: p, namespace: a, labels: {'a b': c}}}", want: "metadata.labels: Invalid value"},
	}
	c := catalog(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := object(t, tt.text)
			kind, err := c.Kind(u.GroupVersionKind())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := kind.Decode(u); err != nil {
				t.Fatal(err)
			}
			err = kind.Create(t.Context(), u)
			if tt.want == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			var bad *complete.Invalid
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestUpdateKeepsWhatClientsCannotChange(t *testing.T) {
	c := catalog(t)
	old := object(t, route)
	old.SetUID("u")
	old.SetGeneration(3)
	old.Object["status"] = map[string]any{"parents": []any{}}
	kind, err := c.Kind(old.GroupVersionKind())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kind.Decode(old); err != nil {
		t.Fatal(err)
	}
	u := object(t, route)
	if _, err := kind.Decode(u); err != nil {
		t.Fatal(err)
	}
	if err := unstructured.SetNestedStringSlice(u.Object, []string{"a.example"}, "spec", "hostnames"); err != nil {
		t.Fatal(err)
	}
	if err := kind.Update(t.Context(), u, old); err != nil {
		t.Fatal(err)
	}
	if u.GetUID() != "u" || u.GetGeneration() != 4 || u.GetResourceVersion() != "" {
		t.Errorf("metadata %v, want the old uid, the next generation and no resourceVersion", u.Object["metadata"])
	}
	if diff := cmp.Diff(old.Object["status"], u.Object["status"]); diff != "" {
		t.Errorf("status (-old +new):\n%s", diff)
	}
}

func TestKind(t *testing.T) {
	c := catalog(t)
	tests := []struct {
		name              string
		gvk               schema.GroupVersionKind
		resource          string
		namespaced, known bool
		err               string
	}{
		{"ours", schema.GroupVersionKind{Group: "tollgate.dev", Version: "v1alpha1", Kind: "AdmissionPolicy"}, "admissionpolicies", false, true, ""},
		{"Ingress", schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}, "ingresses", true, true, ""},
		{"Namespace", schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}, "namespaces", false, true, ""},
		{"unknown", schema.GroupVersionKind{Group: "networking.istio.io", Version: "v1alpha3", Kind: "EnvoyFilter"}, "envoyfilters", true, false, ""},
		{"a removed version", schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1beta1", Kind: "Ingress"}, "", false, false, "not served in networking.k8s.io/v1beta1 since Kubernetes 1.22"},
		{"a version that never was", schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v7", Kind: "Ingress"}, "", false, false, "no API server of today knows it"},
		{"another version of ours", schema.GroupVersionKind{Group: "tollgate.dev", Version: "v1", Kind: "Project"}, "", false, false, "Project is not served in tollgate.dev/v1: use tollgate.dev/v1alpha1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, err := c.Kind(tt.gvk)
			if tt.err != "" {
				if !errors.Is(err, complete.ErrNotServed) || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want ErrNotServed with %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if k.Resource.Resource != tt.resource || k.Namespaced != tt.namespaced || k.Known() != tt.known {
				t.Errorf("resource %s, namespaced %t, known %t", k.Resource.Resource, k.Namespaced, k.Known())
			}
		})
	}
}
