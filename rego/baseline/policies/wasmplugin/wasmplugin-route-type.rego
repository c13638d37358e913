# METADATA
# title: No rule has the route type GRPC
# description: >-
#   With routeType GRPC Higress replaces every name under ingress by the word GRPC: the rule matches no route, and what it
#   should protect is open.
# custom:
#   id: wasmplugin-route-type
#   severity: High
#   remedy: Leave routeType out and write the route as GRPC/<namespace>/<name> under ingress.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_route_type

import data.tollgate.lib.manifest

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	some i, rule in input.review.object.spec.matchRules
	not object.get(rule, "routeType", "HTTP") in {"HTTP", ""}
	field := sprintf("spec.matchRules[%d].routeType", [i])
	msg := "A rule with this route type matches no route at all."
}
