package inventory_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
)

// object reads one manifest.
func object(tb testing.TB, manifest string) *unstructured.Unstructured {
	tb.Helper()
	u := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(manifest), &u.Object); err != nil {
		tb.Fatalf("manifest: %v\n%s", err, manifest)
	}
	return u
}

func put(tb testing.TB, b *inventory.Builder, manifests ...string) {
	tb.Helper()
	for _, m := range manifests {
		b.Put(object(tb, m))
	}
}

func build(tb testing.TB, manifests ...string) *inventory.Inventory {
	tb.Helper()
	b := inventory.NewBuilder(settings.Default())
	put(tb, b, manifests...)
	return b.Build()
}

// read returns what stands at a path, as JSON values; nil when nothing does.
func read(tb testing.TB, inv *inventory.Inventory, path ...string) any {
	tb.Helper()
	v, err := inv.Read(context.Background(), nil, storage.Path(path))
	if storage.IsNotFound(err) {
		return nil
	}
	if err != nil {
		tb.Fatalf("Read %v: %v", path, err)
	}
	value, ok := v.(ast.Value)
	if !ok {
		tb.Fatalf("Read %v gives a %T, not an ast.Value", path, v)
	}
	out, err := ast.JSON(value)
	if err != nil {
		tb.Fatalf("Read %v: %v", path, err)
	}
	return plain(tb, out)
}

// plain turns values into what encoding/json makes of their JSON.
func plain(tb testing.TB, v any) any {
	tb.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		tb.Fatal(err)
	}
	return out
}

func check(tb testing.TB, inv *inventory.Inventory, want any, path ...string) {
	tb.Helper()
	if diff := cmp.Diff(plain(tb, want), read(tb, inv, path...)); diff != "" {
		tb.Errorf("data %v (-want +got):\n%s", path, diff)
	}
}

// query evaluates a Rego expression as the engine would.
func query(tb testing.TB, inv *inventory.Inventory, expression string) any {
	tb.Helper()
	rs, err := rego.New(rego.Query("x := "+expression), rego.Store(inv)).Eval(context.Background())
	if err != nil {
		tb.Fatalf("query %s: %v", expression, err)
	}
	if len(rs) == 0 {
		return nil
	}
	return plain(tb, rs[0].Bindings["x"])
}

type list = []any

type fields = map[string]any

const (
	acme = `
apiVersion: tollgate.dev/v1alpha1
kind: Organization
metadata: {name: acme, uid: "1", creationTimestamp: "2026-01-01T00:00:00Z"}
spec:
  namespaces: [acme-chat, acme-web]
  domains: [acme.example, "*.acme.example"]
  pluginRegistries: [registry.acme.example/plugins]
  members: {groups: [acme]}
  budget: {limit: "5000.00", period: Monthly}
`
	globex = `
apiVersion: tollgate.dev/v1alpha1
kind: Organization
metadata: {name: globex, uid: "2", creationTimestamp: "2026-01-02T00:00:00Z"}
spec:
  namespaces: [globex, acme-web]
  domains: ["*.globex.example", www.acme.example]
`
	chat = `
apiVersion: tollgate.dev/v1alpha1
kind: Project
metadata: {name: chat, namespace: acme-chat, uid: p1, creationTimestamp: "2026-01-01T00:00:00Z"}
spec:
  organization: acme
  budget: {limit: "100", period: Daily}
  groups:
  - {name: engineers, models: [gpt-4o, "claude-*"]}
  - {name: sales, models: [gpt-4o]}
`
	intruder = `
apiVersion: tollgate.dev/v1alpha1
kind: Project
metadata: {name: intruder, namespace: globex, uid: p2, creationTimestamp: "2026-01-01T00:00:00Z"}
spec:
  organization: acme
  groups: [{name: all, models: ["*"]}]
`
	higressClass = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: edge}
spec: {controller: higress.io/higress-controller}
`
	nginxClass = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
spec: {controller: k8s.io/ingress-nginx}
`
	web = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: acme-web}
spec:
  ingressClassName: higress
  tls: [{hosts: [web.acme.example], secretName: web-tls}]
  rules:
  - host: Web.Acme.Example.
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
`
	llm = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: llm
  namespace: acme-chat
  annotations: {higress.io/destination: "llm-acme.dns:443"}
spec:
  ingressClassName: edge
  rules:
  - host: web.acme.example
    http:
      paths:
      - {path: /v1, pathType: Exact, backend: {resource: {apiGroup: networking.higress.io, kind: McpBridge, name: default}}}
`
	gateway = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: higress-system}
spec:
  gatewayClassName: higress
  listeners:
  - {name: https, hostname: "*.acme.example", port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: wildcard}]}, allowedRoutes: {namespaces: {from: All}}}
  - {name: any, port: 80, protocol: HTTP}
`
)
