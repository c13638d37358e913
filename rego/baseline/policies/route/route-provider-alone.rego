# METADATA
# title: A route to a provider finds its name and its place free
# description: >-
#   The platform's plugins put a provider's key into every request of a route, by the route's name. A canary on its host and
#   path is merged into it, and a route of another kind may have its name. Where one is there already and leads anywhere else,
#   the key would go along with the first rule that names the new route.
# custom:
#   id: route-provider-alone
#   severity: Critical
#   remedy: Delete the other route first, or give this one another name, host or path.
#   referential: true
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_provider_alone

import data.tollgate.lib.gateway
import data.tollgate.lib.metered
import data.tollgate.lib.paths
import data.tollgate.lib.routes
import data.tollgate.lib.scope
import data.tollgate.lib.subject

violation contains {"msg": msg, "details": {"field": claim.field}} if {
	written
	input.review.kind.kind == "Ingress"
	some claim in paths.claims
	some other in data.tollgate.host_route[claim.host]
	other.canary
	elsewhere(other)
	paths.plain(other.path) == paths.plain(claim.path)
	msg := sprintf("The route reaches an LLM provider, and %s is a canary of the same host and path that does not.", [told(other)])
}

violation contains {"msg": msg, "details": {"field": "metadata.name"}} if {
	written
	some name in routes.names
	some other in routes.sharers(name)
	not other.metered
	msg := sprintf("The route reaches an LLM provider, and %s, which does not, has the same name %q for plugins.", [told(other), name])
}

# Whoever writes it: the key would be gone all the same.
written if {
	input.review.kind.kind in {"Ingress", "HTTPRoute", "GRPCRoute"}
	gateway.served(input.review.object)
	scope.writes
	metered.fields[0]
}

elsewhere(other) if {
	not other.metered
	routes.others(other)
}

told(other) := sprintf("%s %s/%s", [other.kind, other.namespace, other.name]) if {
	known(other)
} else := "a route of somebody else's"

known(_) if subject.operator

known(other) if subject.own_namespace(other.namespace)
