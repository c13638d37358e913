# METADATA
# title: Guards fail closed
# description: >-
#   A guard that fails open lets every request through while its image cannot be fetched or after a trap, and the
#   framework of Higress's Go plugins turns a panic into "continue" unless WASM_DISABLE_PANIC_RECOVERY is true.
# custom:
#   id: wasmplugin-guards
#   severity: Critical
#   remedy: 'Set spec.failStrategy to FAIL_CLOSE and add {name: WASM_DISABLE_PANIC_RECOVERY, value: "true"} to spec.vmConfig.env.'
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_guards

import data.tollgate.lib.manifest
import data.tollgate.lib.plugin

violation contains {"msg": msg, "details": {"field": "spec.failStrategy"}} if {
	guard
	not object.get(input.review.object.spec, "failStrategy", "FAIL_CLOSE") in {"FAIL_CLOSE", ""}
	msg := "A guard must fail closed."
}

violation contains {"msg": msg, "details": {"field": "spec.vmConfig.env"}} if {
	guard
	count(recoveries) == 0
	msg := "A guard must have the environment variable WASM_DISABLE_PANIC_RECOVERY=true."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	guard
	some [i, env] in recoveries
	not off(env)
	field := sprintf("spec.vmConfig.env[%d]", [i])
	msg := "A guard must have WASM_DISABLE_PANIC_RECOVERY with the value true, inline."
}

guard if {
	input.review.kind.kind == "WasmPlugin"
	input.subject.inGateway == true
	plugin.guard(input.review.object.metadata.name)
	manifest.asserted
}

recoveries := [[i, env] |
	some i, env in input.review.object.spec.vmConfig.env
	env.name == "WASM_DISABLE_PANIC_RECOVERY"
]

off(env) if {
	env.value == "true"
	object.get(env, "valueFrom", "INLINE") in {"INLINE", ""}
}
