# METADATA
# title: pluginConfig stands alone
# description: >-
#   When pluginConfig is there, Higress ignores defaultConfig and every rule: what the rules should protect is open, and
#   what they should limit to some routes holds everywhere.
# custom:
#   id: wasmplugin-plugin-config
#   severity: High
#   remedy: Keep either pluginConfig or defaultConfig with matchRules.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_plugin_config

import data.tollgate.lib.manifest

violation contains {"msg": msg, "details": {"field": "spec.pluginConfig"}} if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	manifest.set(input.review.object.spec, "pluginConfig")
	some key in ["defaultConfig", "matchRules"]
	manifest.filled(input.review.object.spec, key)
	msg := sprintf("With pluginConfig, %s is ignored.", [key])
}
