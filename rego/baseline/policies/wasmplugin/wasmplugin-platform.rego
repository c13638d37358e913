# METADATA
# title: The platform's plugins are the platform's
# description: >-
#   Guards and platform plugins hold the rules of every tenant: whoever changes, disables or deletes one, or takes its
#   name first, opens every route. The console has plugins of its own, none of them among these.
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
	what := role(name)
	msg := sprintf("%s is one of the platform's %s: only platform administrators and Tollgate's controller write or delete it.", [name, what])
}

role(name) := "guards" if {
	plugin.guard(name)
} else := "plugins" if {
	plugin.platform(name)
}
