package audit_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/rego/audit"
	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
)

// Whatever changes in the cluster, an audit that remembers says what one that
// has never judged says, by the whole baseline.
func TestWhatIsRememberedIsWhatWouldBeFound(t *testing.T) {
	t.Parallel()
	s := settings.Default()
	policies, err := baseline.Configured(s)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Options{Patience: 100})
	if errs := e.UsePolicies(t.Context(), policies); len(errs) > 0 {
		t.Fatal(errors.Join(errs...))
	}
	inForce := func() *settings.Settings { return s }
	rapid.Check(t, func(t *rapid.T) {
		builder, store := inventory.NewBuilder(s), audit.NewStore()
		remembering := audit.New(e, inForce, store, 1)
		put := func(o *unstructured.Unstructured) {
			builder.Put(o)
			if err := store.Put(o); err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(2, 12).Draw(t, "changes") {
			changeSomething(t, put, func(kind schema.GroupVersionKind, namespace, name string) {
				builder.Delete(kind, namespace, name)
				store.Delete(kind, namespace, name)
			})
			e.UseInventory(builder.Build())
			fresh := audit.NewStore()
			for _, ns := range []string{"", "a", "b"} {
				for _, o := range store.Objects(ns) {
					if err := fresh.Put(o); err != nil {
						t.Fatal(err)
					}
				}
			}
			if diff := cmp.Diff(whole(t, audit.New(e, inForce, fresh, 1)), whole(t, remembering)); diff != "" {
				t.Fatalf("what is remembered differs (-anew +remembered):\n%s", diff)
			}
		}
	})
}

func whole(t *rapid.T, auditor *audit.Auditor) []string {
	a, err := auditor.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, ns := range []string{"", "a", "b"} {
		found, err := a.Judge(t.Context(), ns)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			out = append(out, fmt.Sprintf("%s/%s %s %s %s %s", ns, f.Object.Name, f.Organization, f.Policy, f.Field, f.Message))
		}
	}
	return out
}

// changeSomething writes or deletes one object of a small cluster in which
// verdicts depend on one another's objects.
func changeSomething(t *rapid.T, put func(*unstructured.Unstructured), remove func(schema.GroupVersionKind, string, string)) {
	one := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	namespace := one("namespace", "a", "b")
	switch one("what", "organization", "class", "route", "namespace", "bridge", "gone") {
	case "organization":
		put(object("tollgate.dev/v1alpha1", "Organization", "", one("organization", "acme", "globex"), map[string]any{
			"namespaces": []any{one("owned", "a", "b")}, "domains": []any{one("domain", "x.example", "*.example", "y.example")},
		}))
	case "class":
		o := object("networking.k8s.io/v1", "IngressClass", "", "own", map[string]any{"controller": one("controller", "higress.io/higress-controller", "other.example/controller")})
		put(o)
	case "namespace":
		o := object("v1", "Namespace", "", namespace, map[string]any{})
		o.SetLabels(map[string]string{"team": one("team", "one", "two")})
		put(o)
	case "bridge":
		put(object("networking.higress.io/v1", "McpBridge", "higress-system", "default", map[string]any{"registries": []any{
			map[string]any{"type": "dns", "name": one("service", "llm", "other"), "domain": "api.example.com", "port": int64(443)},
		}}))
	case "gone":
		remove(schema.GroupVersionKind{Group: "tollgate.dev", Version: "v1alpha1", Kind: "Organization"}, "", one("organization", "acme", "globex"))
	case "route":
		o := object("networking.k8s.io/v1", "Ingress", namespace, one("route", "r1", "r2"), map[string]any{
			"ingressClassName": one("class", "higress", "own"),
			"rules": []any{map[string]any{"host": one("host", "x.example", "y.example"), "http": map[string]any{"paths": []any{map[string]any{
				"path": one("path", "/", "/v1"), "pathType": "Prefix", "backend": map[string]any{"resource": map[string]any{"apiGroup": "networking.higress.io", "kind": "McpBridge", "name": "default"}},
			}}}}},
		})
		o.SetAnnotations(map[string]string{"higress.io/destination": one("destination", "llm.dns:443", "other.dns:443")})
		put(o)
	}
}
