# METADATA
# title: A provider's key goes to the provider
# description: >-
#   The platform's plugins put a provider's key into every request of a route, by the route's name. A route of that name,
#   or a canary that is merged into it, which leads anywhere else sends the key there.
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

names := routes.names | merged

# merged are the routes of which an Ingress is a canary: those of its hosts and paths.
merged := {gateway.route_name(other.namespace, other.name) |
	routes.ingress
	some canary in annotations.with_suffix("canary")
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
	some a in annotations.with_suffix("destination")
	some address in targets.addresses(a.value)
	not provider(object.get(address, "host", ""))
	field := annotations.field(a.key)
}) | {field |
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	some backend in routes.backends
	not leads_to_provider(backend.ref)
	field := backend.field
}

leads_to_provider(ref) if {
	object.get(ref, "group", "") in {"networking.istio.io", "networking.higress.io"}
	provider(ref.name)
}

provider(host) if data.tollgate.mcp_service[lower(host)]
