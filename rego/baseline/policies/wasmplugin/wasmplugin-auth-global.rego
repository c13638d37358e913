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
	dependent
	msg := "With defaultConfigDisable the consumers are gone, and every route whose rule relies on them is open."
}

violation contains {"msg": msg, "details": {"field": "spec.defaultConfig"}} if {
	judged
	not has_consumers(object.get(input.review.object.spec, "defaultConfig", {}))
	dependent
	msg := "There is a rule that relies on the consumers of defaultConfig, and there are none: every such route is open."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	judged
	some [i, rule] in independent
	input.review.object.spec.defaultConfig.global_auth == false
	field := sprintf("spec.matchRules[%d].config", [i])
	msg := "A rule with consumers of its own under global_auth false asks nobody for a key: its routes are open."
}

violation contains {"msg": msg, "details": {"field": field}} if {
	judged
	some [i, rule] in independent
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

rules := plugin.rules(input.review.object.spec)

# independent are the rules with consumers of their own. The others judge by the global ones: with allow, or with nothing.
independent := [[i, rule] |
	some [i, rule] in rules
	has_consumers(rule.config)
]

dependent if count(rules) > count(independent)

has_consumers(config) if {
	some key in ["consumers", "credentials"]
	is_array(config[key])
	count(config[key]) > 0
}
