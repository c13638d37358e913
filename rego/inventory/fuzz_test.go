package inventory_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
)

// FuzzPut puts any JSON object beside a few good ones: nothing panics, every
// document can still be read, and the good ones' own entries stay as they were.
func FuzzPut(f *testing.F) {
	for _, m := range []string{
		acme, chat, web, llm, gateway, higressClass, nginxClass,
		"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: broken, namespace: evil}, spec: {ingressClassName: higress, rules: 7}}",
		"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: broken, namespace: evil, labels: 3, annotations: []}, spec: {ingressClassName: higress, rules: [{host: [], http: {paths: [{path: {}, backend: {resource: 1}}]}}]}}",
		"{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: broken, namespace: evil}, spec: {parentRefs: [3, {name: []}], hostnames: 5, rules: [{matches: [{path: 1}], backendRefs: [[]]}]}}",
		"{apiVersion: gateway.networking.k8s.io/v1, kind: GRPCRoute, metadata: {name: broken, namespace: evil}, spec: {rules: [{matches: [{method: {service: 1, type: {}}}]}]}}",
		"{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: broken, namespace: evil}, spec: {listeners: [{tls: {certificateRefs: [null]}}, null]}}",
		"{apiVersion: extensions.higress.io/v1alpha1, kind: WasmPlugin, metadata: {name: broken, namespace: higress-system}, spec: {priority: high, matchRules: [null, {ingress: 3, config: []}], defaultConfig: '${secret.}'}}",
		"{apiVersion: networking.higress.io/v1, kind: McpBridge, metadata: {name: default, namespace: higress-system}, spec: {registries: [{name: {}, metadata: []}]}}",
		"{apiVersion: tollgate.dev/v1alpha1, kind: Organization, metadata: {name: broken, creationTimestamp: yesterday}, spec: {namespaces: acme, domains: [1], budget: 5}}",
		"{apiVersion: tollgate.dev/v1alpha1, kind: PriceTable, metadata: {name: broken}, spec: {models: [{model: 3, tiers: {}}]}}",
		"{apiVersion: v1, kind: Namespace, metadata: {name: broken, labels: {a: 1}, deletionTimestamp: 3}, status: []}",
		"{apiVersion: 3, kind: [], metadata: x}",
	} {
		raw, err := yaml.YAMLToJSON([]byte(m))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	good := []string{acme, chat, web, higressClass, gateway}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var content map[string]any
		if json.Unmarshal(raw, &content) != nil {
			return
		}
		u := &unstructured.Unstructured{Object: content}
		b := inventory.NewBuilder(settings.Default())
		b.Whole([]v1alpha1.InventoryKind{{Group: u.GroupVersionKind().Group, Version: u.GroupVersionKind().Version, Kind: u.GetKind()}})
		put(t, b, good...)
		before := b.Build()
		b.Put(u)
		after := b.Build()
		dump(t, after)
		switch u.GetKind() {
		case "Organization", "Project", "IngressClass", "GatewayClass", "Gateway":
			return // may rightly change whose the good ones are
		}
		if u.GetNamespace() == "acme-web" || u.GetNamespace() == "higress-system" {
			return // may be one of the good ones
		}
		for _, path := range [][]string{
			{"tollgate", "route", "acme-web/web"}, {"tollgate", "organization", "acme"},
			{"tollgate", "gateway", "higress-system/public"}, {"tollgate", "project", "acme"},
		} {
			if diff := cmp.Diff(read(t, before, path...), read(t, after, path...)); diff != "" {
				t.Errorf("%s changed %v:\n%s", raw, path, diff)
			}
		}
		b.Delete(u.GroupVersionKind(), u.GetNamespace(), u.GetName())
		if diff := cmp.Diff(dump(t, before), dump(t, b.Build())); diff != "" && !replaces(u) {
			t.Errorf("%s leaves something behind:\n%s", raw, diff)
		}
	})
}

// replaces reports whether an object has the name of one of the good ones.
func replaces(u *unstructured.Unstructured) bool {
	switch u.GetName() {
	case "acme", "chat", "web", "edge", "public":
		return true
	}
	return false
}

// A broken object is indexed as far as it can be read.
func TestBrokenObjectsCount(t *testing.T) {
	inv := build(t, acme,
		"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: broken, namespace: acme-web, annotations: {higress.io/destination: x.dns}}, spec: {ingressClassName: higress, tls: 3, rules: [{host: a.example, http: []}, 4]}}",
		"{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: route, namespace: acme-web}, spec: {parentRefs: [{name: public, namespace: higress-system}], hostnames: evil.example, rules: [{matches: 3}]}}",
		"{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: public, namespace: higress-system}, spec: {gatewayClassName: higress, listeners: no}}",
		"{apiVersion: tollgate.dev/v1alpha1, kind: Organization, metadata: {name: broken, creationTimestamp: yesterday}, spec: {namespaces: [theirs], domains: 7}}",
	)
	check(t, inv, true, "tollgate", "route", "acme-web/broken", "metered")
	if read(t, inv, "tollgate", "host_route", "a.example", "0") == nil {
		t.Error("the host that can be read is not indexed")
	}
	check(t, inv, "route", "tollgate", "host_route", "*", "0", "name") // hosts that cannot be read are all hosts
	check(t, inv, "broken", "tollgate", "namespace_owner", "theirs")
}
