# METADATA
# title: The ownership label is the platform's
# description: >-
#   tollgate.dev/organization says whose an object in the gateway's namespace is. Whoever could change it would hand
#   their object to another tenant, or take one over.
# custom:
#   id: ownership-label
#   severity: Critical
#   remedy: Leave the label tollgate.dev/organization out; Tollgate sets it.
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute, Gateway, ListenerSet]}
#       - {apiGroups: [gateway.networking.x-k8s.io], kinds: [XListenerSet]}
#       - {apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}
#       - {apiGroups: [networking.higress.io], kinds: [McpBridge, Http2Rpc]}
package tollgate.baseline.ownership_label

import data.tollgate.lib.gateway
import data.tollgate.lib.scope
import data.tollgate.lib.subject

field := "metadata.labels[tollgate.dev/organization]"

# The organization is that of the object as it was, so this sees every change. Finalizers go also from an object whose
# namespace has come to another organization.
violation contains {"msg": msg, "details": {"field": field}} if {
	subject.scoped
	label := object.get(input.review.object, ["metadata", "labels", "tollgate.dev/organization"], "")
	wrong(label)
	gateway_object
	scope.writes
	msg := sprintf("The label says %q, which is not the organization that the object belongs to.", [label])
}

# The label says of a route that it was judged as one of the gateway's (see gateway-adoption), so one of another
# controller's Gateway does not bear it.
violation contains {"msg": msg, "details": {"field": field, "remedy": "Remove the label: it is for routes of the AI gateway."}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	subject.scoped
	input.subject.standing != "Nobody"
	object.get(input.review.object, ["metadata", "labels", "tollgate.dev/organization"], "") != ""
	not gateway.served(input.review.object)
	scope.writes
	msg := "The route is not one of the AI gateway's, and the label says that it is."
}

wrong(label) if {
	label != ""
	label != input.subject.organization
}

# In the gateway's namespace the object would belong to nobody without it.
wrong("") if {
	input.subject.inGateway
	input.subject.organization != ""
}

gateway_object if {
	input.review.kind.kind in {"Ingress", "HTTPRoute", "GRPCRoute", "Gateway", "ListenerSet", "XListenerSet"}
	gateway.judged
}

gateway_object if input.review.kind.kind in {"WasmPlugin", "McpBridge", "Http2Rpc"}
