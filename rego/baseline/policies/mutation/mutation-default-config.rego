# METADATA
# title: A new plugin with rules only is for its rules only
# description: >-
#   Without defaultConfigDisable a plugin whose last rule is disabled becomes active for every request, with an empty
#   configuration. A new object that has rules and no default configuration says so. Never for an authentication plugin:
#   dropping its global configuration opens every route. Never for an existing object, and never for one without rules,
#   which is meant for every request.
# custom:
#   id: mutation-default-config
#   kind: Mutation
#   severity: Low
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
#     operations: [CREATE]
package tollgate.baseline.mutation_default_config

import data.tollgate.lib.auth
import data.tollgate.lib.manifest
import data.tollgate.lib.plugin

mutation contains {"op": "add", "path": "/spec/defaultConfigDisable", "value": true} if {
	input.review.kind.kind == "WasmPlugin"
	input.review.operation == "CREATE"
	input.subject.inGateway == true
	spec := input.review.object.spec
	every key in ["defaultConfig", "defaultConfigDisable", "pluginConfig"] {
		not manifest.set(spec, key)
	}
	manifest.filled(spec, "matchRules")
	count(plugin.names(input.review.object)) > 0
	not auth.authenticates(input.review.object)
}
