# METADATA
# title: What runs a Gateway is the platform's
# description: >-
#   Annotations, addresses and infrastructure of a Gateway say which Service and Deployment serve it, and with which
#   parameters: whoever writes them could attach listeners to another gateway or change the one that all share. TLS options
#   of the gateway's control plane ask for certificates of a mesh, and a port that waits for one serves nobody's changes.
#   A default scope attaches everybody's routes that name no Gateway.
# custom:
#   id: gateway-infrastructure
#   severity: High
#   remedy: Leave it out, or ask a platform administrator for a Gateway of your own.
#   match:
#     kinds:
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [Gateway, ListenerSet]}
#       - {apiGroups: [gateway.networking.x-k8s.io], kinds: [XListenerSet]}
#   parameters:
#     # Prefixes of annotations, and of the TLS options of listeners, that the gateway's controller reads on a Gateway.
#     annotations: [gateway.higress.io/, networking.higress.io/, higress.io/, gateway.istio.io/, networking.istio.io/, internal.istio.io/]
package tollgate.baseline.gateway_infrastructure

import data.tollgate.lib.annotations
import data.tollgate.lib.routes

violation contains {"msg": msg, "details": {"field": annotations.field(key)}} if {
	routes.listener
	some key, _ in input.review.object.metadata.annotations
	strings.any_prefix_match(key, input.parameters.annotations)
	msg := sprintf("The annotation %q is not one that tenants may set on a %s.", [key, input.review.kind.kind])
}

violation contains {"msg": msg, "details": {"field": sprintf("spec.listeners[%d].tls.options[%s]", [i, key])}} if {
	routes.listener
	some i, listener in input.review.object.spec.listeners
	some key, _ in listener.tls.options
	strings.any_prefix_match(key, input.parameters.annotations)
	msg := sprintf("The TLS option %q is not one that tenants may set on a %s.", [key, input.review.kind.kind])
}

violation contains {"msg": msg, "details": {"field": concat("", ["spec.", key])}} if {
	routes.listener
	some key in ["infrastructure", "addresses"]
	not object.get(input.review.object.spec, key, null) in [null, {}, []]
	msg := sprintf("Tenants leave out spec.%s of a Gateway.", [key])
}

violation contains {"msg": "A Gateway of tenants is no default one: routes of others would be attached to it.", "details": {"field": "spec.defaultScope"}} if {
	routes.listener
	scope := input.review.object.spec.defaultScope
	not scope in {"", "None", null}
}
