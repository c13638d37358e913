# METADATA
# title: No templates in what tenants write
# description: >-
#   The gateway replaces ${secret.<namespace>/<name>.<key>} in what it generates by the value of any Secret of any
#   namespace, and one template of another shape stops the replacement for the whole object.
# custom:
#   id: route-templates
#   severity: Critical
#   remedy: Remove the ${ from the value.
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - apiGroups: [gateway.networking.k8s.io]
#         kinds: [HTTPRoute, GRPCRoute, Gateway, ListenerSet, TLSRoute, TCPRoute, UDPRoute]
#       - {apiGroups: [gateway.networking.x-k8s.io], kinds: [XListenerSet]}
package tollgate.baseline.route_templates

import data.tollgate.lib.manifest
import data.tollgate.lib.routes
import data.tollgate.lib.text

violation contains {"msg": "The text holds ${, with which the gateway reads Secrets of every namespace.", "details": {"field": manifest.field(path)}} if {
	not input.texts.template == false # the engine has seen that some text holds ${
	routes.placed
	some [path, string] in manifest.strings(written)
	text.template(string)
}

# What the API server and controllers add is not the requester's.
written := json.remove(input.review.object, ["/metadata/managedFields", "/status"])
