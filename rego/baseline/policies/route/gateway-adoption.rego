# METADATA
# title: A Gateway that becomes the gateway's finds no routes that nobody judged
# description: >-
#   A route of another controller's Gateway is none of our business and is not judged. Were that Gateway made Higress's
#   afterwards, by its class or by making it anew, everything that the route says would come along.
# custom:
#   id: gateway-adoption
#   severity: Critical
#   remedy: Delete the routes that name the Gateway, and apply them again after it (or give the Gateway a new name).
#   match:
#     kinds: [{apiGroups: [gateway.networking.k8s.io], kinds: [Gateway]}]
package tollgate.baseline.gateway_adoption

import data.tollgate.lib.gateway
import data.tollgate.lib.routes
import data.tollgate.lib.subject

violation contains {"msg": msg, "details": {"field": "spec.gatewayClassName"}} if {
	input.review.kind.kind == "Gateway"
	input.subject.standing != "Nobody" # what is attached in an audit is judged itself
	routes.listener
	not was_served
	some route in data.tollgate.attached_route[concat("/", [input.review.namespace, input.review.object.metadata.name])]
	admitted(route)
	not judged(route)
	msg := sprintf("%s names this Gateway already, and was not judged as a route of the AI gateway.", [told(route)])
}

was_served if {
	input.review.operation == "UPDATE"
	gateway.served(input.review.oldObject)
}

# admitted: of other namespaces only if a listener takes them, or anybody could keep a Gateway from being made.
admitted(route) if route.namespace == input.review.namespace

admitted(_) if {
	some listener in input.review.object.spec.listeners
	object.get(listener, ["allowedRoutes", "namespaces", "from"], "Same") in {"All", "Selector"}
}

# judged: a route of an organization is labelled when it is judged, and bears the label only as a route of Higress.
judged(route) if {
	route.organization != ""
	route.labelled == true
}

told(route) := sprintf("%s %s/%s", [route.kind, route.namespace, route.name]) if {
	subject.own_namespace(route.namespace)
} else := sprintf("%s %s/%s", [route.kind, route.namespace, route.name]) if {
	route.namespace == input.review.namespace
} else := "A route of another namespace"
