# METADATA
# title: Listeners have hosts of their organization
# description: >-
#   All Gateways of Higress share one deployment, so a listener with somebody else's host, or with none, presents its
#   certificate to their clients.
# custom:
#   id: gateway-hosts
#   severity: Critical
#   remedy: Give each listener a hostname inside the organization's domains, or attach routes to the platform's Gateway.
#   match:
#     kinds:
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [Gateway, ListenerSet]}
#       - {apiGroups: [gateway.networking.x-k8s.io], kinds: [XListenerSet]}
package tollgate.baseline.gateway_hosts

import data.tollgate.lib.hosts
import data.tollgate.lib.routes
import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind in {"Gateway", "ListenerSet", "XListenerSet"}
	routes.listener
	some i, listener in input.review.object.spec.listeners
	msg := hosts.refusal(object.get(listener, "hostname", ""))
	field := sprintf("spec.listeners[%d].hostname", [i])
}

# Requests of plain HTTP find their routes by host, whatever listener they came to. A certificate is chosen before.
violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind in {"Gateway", "ListenerSet", "XListenerSet"}
	routes.listener
	scope.ownerless
	some i, listener in input.review.object.spec.listeners
	hosts.every_host(object.get(listener, "hostname", ""))
	not object.get(listener, "protocol", "") in {"HTTP", "TCP", "UDP"}
	msg := "Without a hostname the listener presents its certificate for the hosts of every organization, and this namespace belongs to none."
	field := sprintf("spec.listeners[%d].hostname", [i])
}
