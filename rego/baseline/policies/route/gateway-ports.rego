# METADATA
# title: Listeners use the gateway's ports as they are
# description: >-
#   All Gateways of Higress share one deployment. A port that one listener opens for HTTP and another for HTTPS serves
#   only one of them, and some ports are the gateway's own, for its health and its metrics. That holds in namespaces of no
#   organization too.
# custom:
#   id: gateway-ports
#   severity: High
#   remedy: Use port 80 with HTTP or port 443 with HTTPS, or ask a platform administrator to open another one.
#   match:
#     kinds:
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [Gateway, ListenerSet]}
#       - {apiGroups: [gateway.networking.x-k8s.io], kinds: [XListenerSet]}
#   parameters:
#     # What may be opened: port and protocol.
#     listeners: [80 HTTP, 443 HTTPS]
package tollgate.baseline.gateway_ports

import data.tollgate.lib.routes

violation contains {"msg": msg, "details": {"field": sprintf("spec.listeners[%d].port", [i])}} if {
	input.review.kind.kind in {"Gateway", "ListenerSet", "XListenerSet"}
	routes.listener
	some i, listener in input.review.object.spec.listeners
	opened := sprintf("%v %v", [object.get(listener, "port", ""), object.get(listener, "protocol", "")])
	not opened in input.parameters.listeners
	msg := sprintf("Port and protocol %q are not what tenants may open.", [opened])
}

# A connection that is passed through reaches no plugin.
violation contains {"msg": "A listener that passes TLS through lets requests by unseen.", "details": {"field": sprintf("spec.listeners[%d].tls.mode", [i])}} if {
	input.review.kind.kind in {"Gateway", "ListenerSet", "XListenerSet"}
	routes.listener
	some i, listener in input.review.object.spec.listeners
	listener.tls.mode == "Passthrough"
}
