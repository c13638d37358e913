# METADATA
# title: A provider's key goes to the provider
# description: >-
#   The platform's plugins put a provider's key into every request of a route, by the route's name. A route of that name,
#   or a canary that is merged into it, which leads anywhere else sends the key there, now or when the plugins' rules come.
# custom:
#   id: route-provider-keys
#   severity: Critical
#   remedy: Give the route a name of its own, or let every backend of it be the provider's service in the McpBridge.
#   referential: true
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_provider_keys

import data.tollgate.lib.annotations
import data.tollgate.lib.gateway
import data.tollgate.lib.manifest
import data.tollgate.lib.paths
import data.tollgate.lib.routes
import data.tollgate.lib.targets

violation contains {"msg": msg, "details": {"field": field}} if {
	routes.written
	some name in names
	plugin := [p | some p in data.tollgate.settings.plugins.platform; data.tollgate.guarded[p][name]][0]
	some field in elsewhere
	msg := sprintf("WasmPlugin %q acts on requests of the route %q, and here they leave for something else than a provider.", [plugin, name])
}

# A route that reaches a provider already has its rule in a moment.
violation contains {"msg": msg, "details": {"field": field}} if {
	routes.written
	some name in waiting
	some field in elsewhere
	msg := sprintf("The route %q reaches an LLM provider, and here its requests leave for something else.", [name])
}

names := routes.names | {gateway.route_name(other.namespace, other.name) | some other in merged}

# waiting are the names of other objects' routes to providers for which no plugin of the platform has a rule yet.
waiting := {name |
	some name in metered
	not keyed[name]
}

keyed[name] if {
	some name in metered
	some p in data.tollgate.settings.plugins.platform
	data.tollgate.guarded[p][name]
}

metered contains gateway.route_name(other.namespace, other.name) if {
	some other in merged
	other.metered
	routes.others(other)
}

metered contains name if {
	some name in routes.names
	some other in routes.sharers(name)
	other.metered
}

# merged are the routes of which an Ingress is a canary: those of its hosts and paths.
merged := {other |
	routes.ingress
	some canary in annotations.by_suffix.canary
	canary.value != "false"
	some claim in paths.claims
	some other in data.tollgate.host_route[claim.host]
	other.kind == "Ingress"
	paths.plain(other.path) == paths.plain(claim.path)
}

# elsewhere are the fields by which requests leave for anything but a service of the McpBridge.
elsewhere := (({field |
	input.review.kind.kind == "Ingress"
	some i, rule in input.review.object.spec.rules
	some j, path in rule.http.paths
	manifest.set(path.backend, "service")
	field := sprintf("spec.rules[%d].http.paths[%d].backend.service", [i, j])
} | {field |
	input.review.kind.kind == "Ingress"
	manifest.set(input.review.object.spec.defaultBackend, "service")
	field := "spec.defaultBackend.service"
}) | {field |
	input.review.kind.kind == "Ingress"
	some a in annotations.by_suffix.destination
	some address in targets.addresses(a.value)
	not provider(object.get(address, "host", ""))
	field := annotations.field(a.key)
}) | ({field |
	input.review.kind.kind == "Ingress"
	some key, a in annotations.gateway
	leads_aside(a)
	field := annotations.field(key)
} | {field |
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	some backend in routes.backends
	not leads_to_provider(backend.ref)
	field := backend.field
})

# Copies of requests, and requests that are sent again after an error, go to Services.
leads_aside(annotation) if annotation.suffix == "default-backend"

leads_aside(annotation) if startswith(annotation.suffix, "mirror-target-")

leads_to_provider(ref) if {
	object.get(ref, "group", "") in {"networking.istio.io", "networking.higress.io"}
	provider(ref.name)
}

provider(host) if data.tollgate.mcp_service[lower(host)]
