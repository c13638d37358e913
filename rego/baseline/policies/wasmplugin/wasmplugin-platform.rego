# METADATA
# title: The platform's plugins are the platform's
# description: >-
#   Guards and platform plugins hold the rules of every tenant: whoever changes, disables or deletes one, or takes its
#   name first, opens every route. The console manages platform plugins, but no guard.
# custom:
#   id: wasmplugin-platform
#   severity: Critical
#   remedy: Change what you need through the Project or the Organization; the controller writes it into the plugin.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
#     operations: [CREATE, UPDATE, DELETE]
package tollgate.baseline.wasmplugin_platform

import data.tollgate.lib.plugin
import data.tollgate.lib.subject

violation contains {"msg": msg, "details": {"field": "metadata.name"}} if {
	input.review.kind.kind == "WasmPlugin"
	input.subject.inGateway == true
	not subject.keeper
	name := input.review.object.metadata.name
	plugin.guard(name)
	msg := sprintf("%s is one of the platform's guards: only platform administrators and Tollgate's controller write or delete it.", [name])
}

violation contains {"msg": msg, "details": {"field": "metadata.name"}} if {
	input.review.kind.kind == "WasmPlugin"
	input.subject.inGateway == true
	not subject.operator
	name := input.review.object.metadata.name
	plugin.platform(name)
	not plugin.guard(name)
	msg := sprintf("%s is one of the platform's plugins: only platform administrators, Tollgate's controller and the console write or delete it.", [name])
}
