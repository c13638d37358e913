package inventory_test

import (
	"testing"

	"tollgate.dev/tollgate/rego/inventory"
	"tollgate.dev/tollgate/rego/settings"
)

// Who asks for a Gateway is known before the Gateway is, whoever serves it.
func TestAttachedRoutes(t *testing.T) {
	route := func(name, labels, parents string) string {
		return "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: " + name + ", namespace: acme-web, labels: " + labels + "}, spec: {parentRefs: " + parents + "}}"
	}
	attached := func(name, organization string, labelled bool) fields {
		return fields{"kind": "HTTPRoute", "namespace": "acme-web", "name": name, "organization": organization, "labelled": labelled}
	}
	b := inventory.NewBuilder(settings.Default())
	put(t, b, route("a", "{tollgate.dev/organization: acme}", "[{name: own}, {name: own, sectionName: x}, {name: public, namespace: higress-system}]"),
		route("b", "{}", "[{name: own}]"), route("c", "{tollgate.dev/organization: globex}", `[{name: own}, {kind: Service, group: "", name: own}]`),
		route("d", "{}", "[{kind: ListenerSet, name: own}]"))
	check(t, b.Build(), list{attached("a", "", false), attached("b", "", false), attached("c", "", false)}, "tollgate", "attached_route", "acme-web/own")
	put(t, b, acme)
	check(t, b.Build(), list{attached("a", "acme", true), attached("b", "acme", false), attached("c", "acme", false)}, "tollgate", "attached_route", "acme-web/own")
	check(t, b.Build(), list{attached("a", "acme", true)}, "tollgate", "attached_route", "higress-system/public")
	put(t, b, route("c", "{}", "[{name: other}]"))
	http := object(t, "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute}")
	b.Delete(http.GroupVersionKind(), "acme-web", "a")
	check(t, b.Build(), list{attached("b", "acme", false)}, "tollgate", "attached_route", "acme-web/own")
	check(t, b.Build(), nil, "tollgate", "attached_route", "higress-system/public")
}
