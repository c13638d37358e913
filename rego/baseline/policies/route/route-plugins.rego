# METADATA
# title: No tenant's plugin waits on a route that becomes metered
# description: >-
#   A plugin of a tenant sees a model's answer before it is counted. It is let onto a route while the route reaches no
#   model; a route that comes to reach one afterwards would bring the plugin along.
# custom:
#   id: route-plugins
#   severity: Critical
#   remedy: Remove the route from the plugin's rules first, or give the metered route a name of its own.
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_plugins

import data.tollgate.lib.gateway
import data.tollgate.lib.metered
import data.tollgate.lib.routes
import data.tollgate.lib.scope
import data.tollgate.lib.tenantplugin

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind in {"Ingress", "HTTPRoute", "GRPCRoute"}
	gateway.served(input.review.object)
	scope.writes
	some name in routes.names
	some plugin, image in data.tollgate.tenant_rule[name]
	not response_safe(image)
	field := metered.fields[0]
	msg := sprintf("The route reaches an LLM provider, and the organization's WasmPlugin %q has a rule for it without being marked as safe for what is metered.", [plugin])
}

response_safe(image) if {
	some entry in tenantplugin.listed(image)
	entry.responseSafe == true
}
