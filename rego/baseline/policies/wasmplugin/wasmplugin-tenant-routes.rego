# METADATA
# title: A tenant's plugin runs on the tenant's own routes
# description: >-
#   A rule by domain or service reaches the routes of everyone who shares the host or the backend, domains are compared
#   in a way that a client can get round, and a rule without any condition stops the whole object.
# custom:
#   id: wasmplugin-tenant-routes
#   severity: Critical
#   remedy: Name your routes under ingress, as <namespace>/<name of the Ingress or HTTPRoute>, in namespaces of your organization, and nothing else.
#   referential: true
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_tenant_routes

import data.tollgate.lib.manifest
import data.tollgate.lib.tenantplugin

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	some [i, rule] in tenantplugin.rules
	not by_ingress(rule)
	field := sprintf("spec.matchRules[%d].ingress", [i])
	msg := "A rule of a tenant's plugin must name at least one route under ingress."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	some [i, rule] in tenantplugin.rules
	some key in ["domain", "service"]
	manifest.filled(rule, key)
	field := sprintf("spec.matchRules[%d].%s", [i, key])
	msg := sprintf("A rule of a tenant's plugin must not match by %s: it would reach other people's routes.", [key])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	tenantplugin.judged
	some [i, rule] in tenantplugin.rules
	some j, route in rule.ingress
	not tenantplugin.own_route(route)
	field := sprintf("spec.matchRules[%d].ingress[%d]", [i, j])
	msg := sprintf("The route %v is not in a namespace of the organization.", [route])
}

by_ingress(rule) if {
	is_array(rule.ingress)
	count(rule.ingress) > 0
}
