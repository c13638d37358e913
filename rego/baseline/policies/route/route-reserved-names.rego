# METADATA
# title: Names of the controller's routes are the controller's
# description: >-
#   Plugins know a route by its name, and routes of several kinds may have the same. Under a name that Tollgate's controller
#   takes for a route to a provider, a tenant's own route would get the provider's key, whichever of the two comes first.
# custom:
#   id: route-reserved-names
#   severity: Critical
#   remedy: Give the route another name.
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
#   parameters:
#     # How the names of the controller's routes begin.
#     prefixes: [tollgate-]
package tollgate.baseline.route_reserved_names

import data.tollgate.lib.routes
import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": concat("", ["metadata.", field])}} if {
	routes.written
	scope.tenant
	input.subject.standing != "Nobody" # what exists may be the controller's
	some field in ["name", "generateName"]
	some prefix in input.parameters.prefixes
	name := input.review.object.metadata[field]
	startswith(name, prefix)
	msg := sprintf("Names of routes that begin with %q are for those that Tollgate's controller makes.", [prefix])
}
