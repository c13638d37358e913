# METADATA
# title: Routes send requests to backends of their organization
# description: >-
#   A backend in somebody else's namespace, a service of the McpBridge that is another tenant's, or a copy of requests to
#   either reaches what the tenant has no right to. (A Service of type ExternalName looks like any other from here; it is
#   judged when it is written, by service-external-name.)
# custom:
#   id: route-backends
#   severity: Critical
#   remedy: Name a Service of the organization's own namespaces, or have the owner of the other namespace write a ReferenceGrant.
#   referential: true
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_backends

import data.tollgate.lib.manifest
import data.tollgate.lib.metered
import data.tollgate.lib.routes
import data.tollgate.lib.scope
import data.tollgate.lib.targets

violation contains {"msg": "The Services of the gateway's namespace are the platform's.", "details": {"field": backend.field}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	not scope.usable_namespace(input.review.namespace)
	some backend in ingress_backends
	manifest.set(backend.value, "service")
}

violation contains {"msg": msg, "details": {"field": backend.field}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	metered.by_resource[0] # as good as no Ingress has one
	some backend in ingress_backends
	manifest.set(backend.value, "resource")
	not is_mcp_bridge(backend.value.resource)
	msg := "The only resource that the gateway knows as a backend is the McpBridge default (apiGroup networking.higress.io)."
}

violation contains {"msg": msg, "details": {"field": backend.field}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	some backend in routes.backends
	msg := refusal(backend.ref)
}

ingress_backends := array.concat(
	[{"field": sprintf("spec.rules[%d].http.paths[%d].backend", [i, j]), "value": path.backend} |
		some i, rule in input.review.object.spec.rules
		some j, path in rule.http.paths
	],
	[{"field": "spec.defaultBackend", "value": input.review.object.spec.defaultBackend} | manifest.set(input.review.object.spec, "defaultBackend")],
)

# An Ingress finds its Services in its own namespace.
is_mcp_bridge(resource) if {
	resource.apiGroup == "networking.higress.io"
	resource.kind == "McpBridge"
	resource.name == "default"
}

# The kinds of backends, by group.
services := {
	"": "Service",
	"inference.networking.k8s.io": "InferencePool",
	"inference.networking.x-k8s.io": "InferencePool",
}

hosts := {
	"networking.istio.io": "Hostname",
	"networking.higress.io": "Service",
}

refusal(ref) := sprintf("Namespace %q is not one of the organization's, and no ReferenceGrant there allows it.", [ref.namespace]) if {
	services[group(ref)] == kind(ref)
	ref.namespace
	not targets.usable(ref)
}

refusal(ref) := "The Services of the gateway's namespace are the platform's." if {
	services[group(ref)] == kind(ref)
	not ref.namespace
	not targets.usable(ref)
}

refusal(ref) := sprintf("The service %q is not the organization's.", [ref.name]) if {
	hosts[group(ref)] == kind(ref)
	not targets.own_host(ref.name)
}

refusal(ref) := sprintf("A backend of kind %q in group %q is not one that the gateway's tenants may name.", [kind(ref), group(ref)]) if {
	not services[group(ref)] == kind(ref)
	not hosts[group(ref)] == kind(ref)
}

group(ref) := object.get(ref, "group", "")

kind(ref) := object.get(ref, "kind", "Service")
