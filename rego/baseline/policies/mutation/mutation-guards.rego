# METADATA
# title: Guards say that they fail closed
# description: >-
#   A guard that leaves out failStrategy or its environment gets what a guard must have. A list of variables that is
#   there is not added to, or a GitOps tool would find its own list changed: the policy wasmplugin-guards asks for the
#   entry instead.
# custom:
#   id: mutation-guards
#   kind: Mutation
#   severity: Low
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.mutation_guards

import data.tollgate.lib.manifest
import data.tollgate.lib.plugin

mutation contains {"op": "add", "path": "/spec/failStrategy", "value": "FAIL_CLOSE"} if {
	guard
	not manifest.set(input.review.object.spec, "failStrategy")
}

mutation contains {"op": "add", "path": "/spec/vmConfig/env", "value": [recovery_off]} if {
	guard
	not manifest.set(object.get(input.review.object.spec, "vmConfig", {}), "env")
}

recovery_off := {"name": "WASM_DISABLE_PANIC_RECOVERY", "value": "true"}

guard if {
	input.review.kind.kind == "WasmPlugin"
	input.subject.inGateway == true
	is_object(input.review.object.spec)
	plugin.guard(input.review.object.metadata.name)
}
