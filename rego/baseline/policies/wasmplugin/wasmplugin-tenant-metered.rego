# METADATA
# title: A tenant's plugin stays off metered routes
# description: >-
#   Responses run through the plugins in reverse order: a plugin of a tenant sees a model's answer before it is counted
#   and could rewrite what was used. A route that does not exist yet could become a metered one.
# custom:
#   id: wasmplugin-tenant-metered
#   severity: Critical
#   remedy: Use the plugin on routes that reach no model, and create the route first; or ask a platform administrator to mark the plugin responseSafe in the settings.
#   referential: true
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_tenant_metered

import data.tollgate.lib.tenantplugin

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	not response_safe
	some [i, rule] in tenantplugin.rules
	some j, route in rule.ingress
	tenantplugin.own_route(route)
	why := problem(route)
	field := sprintf("spec.matchRules[%d].ingress[%d]", [i, j])
	msg := sprintf("The route %s %s, and the plugin is not marked as safe for what is metered.", [route, why])
}

response_safe if {
	some entry in tenantplugin.entries
	entry.responseSafe == true
}

problem(route) := "reaches a model, so it is metered" if data.tollgate.route[route].metered == true

problem(route) := "is not known to reach no model (does it exist?)" if not known(route)

known(route) if is_boolean(data.tollgate.route[route].metered)
