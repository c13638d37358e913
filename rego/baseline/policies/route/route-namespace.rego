# METADATA
# title: Tenants' routes are in tenants' namespaces
# description: >-
#   A route in the gateway's namespace is known to plugins by its bare name. There the names are the platform's: its
#   rules for one of them would be for the tenant's route too, and the traffic would be counted as the platform's.
# custom:
#   id: route-namespace
#   severity: High
#   remedy: Write the route in one of the organization's namespaces.
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_namespace

import data.tollgate.lib.routes
import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": "metadata.namespace"}} if {
	routes.written
	scope.tenant
	input.subject.inGateway == true
	input.subject.standing != "Nobody" # what the controller made there passes an audit
	msg := sprintf("The names of routes in namespace %q are the platform's.", [input.review.namespace])
}
