# METADATA
# title: Namespaces of the gateway's routes belong to an organization
# description: >-
#   A route or Gateway in a namespace that no organization lists has no scope to be held to, and nobody's budget. Whether that is
#   refused, warned about or let be is settings.unownedNamespaces; this policy warns.
# custom:
#   id: route-unowned
#   severity: Low
#   remedy: Ask a platform administrator to add the namespace to an Organization.
#   enforcement: {webhook: Warn, review: Warn}
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - apiGroups: [gateway.networking.k8s.io]
#         kinds: [HTTPRoute, GRPCRoute, Gateway, ListenerSet, TLSRoute, TCPRoute, UDPRoute]
#       - {apiGroups: [gateway.networking.x-k8s.io], kinds: [XListenerSet]}
package tollgate.baseline.route_unowned

import data.tollgate.lib.routes

violation contains {"msg": msg, "details": {"field": "metadata.namespace"}} if {
	input.subject.unowned
	routes.placed
	data.tollgate.settings.unownedNamespaces == "Warn"
	not routes.acme_solver
	msg := sprintf("Namespace %q belongs to no organization, and this is an object of the AI gateway.", [input.review.namespace])
}
