# METADATA
# title: Reserved environment names stay free
# description: >-
#   Names that begin with ISTIO_META_ are how the gateway's agent describes itself; a plugin's variable of such a name
#   takes its place.
# custom:
#   id: wasmplugin-environment
#   severity: Medium
#   remedy: Give the variable another name, and each variable one value.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
#   parameters:
#     reserved: [ISTIO_META_]
package tollgate.baseline.wasmplugin_environment

import data.tollgate.lib.manifest

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	some i, env in input.review.object.spec.vmConfig.env
	some prefix in input.parameters.reserved
	startswith(upper(object.get(env, "name", "")), prefix)
	field := sprintf("spec.vmConfig.env[%d].name", [i])
	msg := sprintf("Names that begin with %s are the gateway's own.", [prefix])
}
