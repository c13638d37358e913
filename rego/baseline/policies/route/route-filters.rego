# METADATA
# title: Routes use the filters that the gateway knows
# description: >-
#   An ExtensionRef brings somebody else's configuration under the route's name, and a filter that is not known today may
#   do anything tomorrow.
# custom:
#   id: route-filters
#   severity: High
#   remedy: Use one of the filters that the Gateway API describes, or ask a platform administrator to attach the plugin.
#   match:
#     kinds: [{apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}]
package tollgate.baseline.route_filters

import data.tollgate.lib.routes
import data.tollgate.lib.scope

known := {"RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite", "RequestMirror", "CORS"}

violation contains {"msg": msg, "details": {"field": concat("", [f.field, ".type"])}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	scope.tenant
	some f in routes.filters
	type := object.get(f.filter, "type", "")
	not type in known
	msg := sprintf("Filters of type %q are not for tenants.", [type])
}
