# METADATA
# title: No control characters in routes
# description: >-
#   The gateway reads several annotations line by line, so that a newline in a value begins an entry of its own. Only
#   those that are lists of lines may hold one. Envoy refuses the routes of all for a header or a path with one, so this
#   holds in namespaces of no organization too.
# custom:
#   id: route-text
#   severity: High
#   remedy: Write the value on one line (a YAML block scalar with | ends in a newline; |- does not).
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - apiGroups: [gateway.networking.k8s.io]
#         kinds: [HTTPRoute, GRPCRoute, Gateway, ListenerSet, TLSRoute, TCPRoute, UDPRoute]
#       - {apiGroups: [gateway.networking.x-k8s.io], kinds: [XListenerSet]}
package tollgate.baseline.route_text

import data.tollgate.lib.annotations
import data.tollgate.lib.manifest
import data.tollgate.lib.routes
import data.tollgate.lib.scope
import data.tollgate.lib.text

lines := {
	"destination",
	"request-header-control-add", "request-header-control-update", "request-header-control-remove",
	"response-header-control-add", "response-header-control-update", "response-header-control-remove",
}

violation contains {"msg": "The value holds a control character or a newline.", "details": {"field": annotations.field(key)}} if {
	not input.texts.control == false # the engine has seen that some text holds one
	routes.ingress
	some key, a in annotations.gateway
	not elsewhere(a)
	text.control(plain(a))
}

# Snippets are nginx's and Higress does not read them. Tenants have none; in other namespaces Ingresses may serve both.
elsewhere(a) if {
	scope.ownerless
	endswith(a.suffix, "-snippet")
}

plain(a) := replace(a.value, "\n", "") if a.suffix in lines

plain(a) := a.value if not a.suffix in lines

violation contains {"msg": "The text holds a control character or a newline.", "details": {"field": manifest.field(path)}} if {
	not input.texts.control == false # the engine has seen that some text holds one
	routes.placed
	some [path, string] in manifest.strings({"spec": input.review.object.spec})
	text.control(string)
}
