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
#     kinds: [{apiGroups: [gateway.networking.k8s.io], kinds: [Gateway, ListenerSet]}]
package tollgate.baseline.gateway_hosts

import data.tollgate.lib.hosts
import data.tollgate.lib.routes

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind in {"Gateway", "ListenerSet"}
	routes.listener
	some i, listener in input.review.object.spec.listeners
	msg := hosts.refusal(object.get(listener, "hostname", ""))
	field := sprintf("spec.listeners[%d].hostname", [i])
}
