# METADATA
# title: The global configuration of an authentication plugin stays
# description: >-
#   The consumers of key-auth and its like stand in the global configuration, and the rules only say who of them may
#   pass. Without a global configuration that can be read nobody is asked for a key: every route with a rule is open.
# custom:
#   id: wasmplugin-auth-global
#   severity: Critical
#   remedy: Give defaultConfig the consumers (with global_auth false when only some routes need a key), and leave defaultConfigDisable out.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_auth_global

import data.tollgate.lib.auth
import data.tollgate.lib.manifest
import data.tollgate.lib.plugin

violation contains {"msg": msg, "details": {"field": "spec.defaultConfigDisable"}} if {
	judged
	input.review.object.spec.defaultConfigDisable == true
	some [_, rule] in plugin.rules(input.review.object.spec)
	depends(rule)
	msg := "With defaultConfigDisable the consumers are gone, and every route whose rule relies on them is open."
}

violation contains {"msg": msg, "details": {"field": "spec.defaultConfig"}} if {
	judged
	not has_consumers(object.get(input.review.object.spec, "defaultConfig", {}))
	some [_, rule] in plugin.rules(input.review.object.spec)
	depends(rule)
	msg := "There is a rule that relies on the consumers of defaultConfig, and there are none: every such route is open."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	judged
	some [i, rule] in plugin.rules(input.review.object.spec)
	local(rule)
	input.review.object.spec.defaultConfig.global_auth == false
	field := sprintf("spec.matchRules[%d].config", [i])
	msg := "A rule with consumers of its own under global_auth false asks nobody for a key: its routes are open."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	judged
	some [i, rule] in plugin.rules(input.review.object.spec)
	local(rule)
	manifest.set(rule.config, "allow")
	field := sprintf("spec.matchRules[%d].config.allow", [i])
	msg := "In a rule with consumers of its own, allow is ignored: all of them may pass."
}

judged if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	not manifest.set(input.review.object.spec, "pluginConfig")
	auth.authenticates(input.review.object)
}

# depends holds for rules that judge by the global consumers: with allow, or with nothing of their own.
depends(rule) if not local(rule)

local(rule) if has_consumers(rule.config)

has_consumers(config) if {
	some key in ["consumers", "credentials"]
	is_array(config[key])
	count(config[key]) > 0
}
