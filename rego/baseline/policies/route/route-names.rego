# METADATA
# title: Names of routes that metrics can hold
# description: >-
#   The gateway cuts its metric names at .upstream, .model, .consumer and .metric. A route with one of them in its name
#   would be counted as something else, and somebody else would be charged.
# custom:
#   id: route-names
#   severity: High
#   remedy: Rename the object; hyphens are safe.
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_names

import data.tollgate.lib.routes
import data.tollgate.lib.text

violation contains {"msg": msg, "details": {"field": concat("", ["metadata.", field])}} if {
	routes.written
	some field in ["name", "generateName"]
	name := input.review.object.metadata[field]
	text.marker(name)
	msg := sprintf("%q holds .upstream, .model, .consumer or .metric, at which the gateway cuts its metric names.", [name])
}
