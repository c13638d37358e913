# METADATA
# title: Every rule names what it matches
# description: >-
#   Higress rejects the whole WasmPlugin when one enabled rule has no ingress, no domain and no service. What was accepted
#   before stays in force, nobody's later change gets through, and only the controller's log says so.
# custom:
#   id: wasmplugin-rule-condition
#   severity: High
#   remedy: Name the routes of the rule under ingress, or remove the rule (or set configDisable to true); a configuration for every request belongs in defaultConfig.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_rule_condition

import data.tollgate.lib.manifest

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	not all_by_ingress
	some i, rule in input.review.object.spec.matchRules
	not disabled(rule)
	not conditional(rule)
	field := sprintf("spec.matchRules[%d]", [i])
	msg := "This rule matches nothing: it has no ingress, no domain and no service. Higress would freeze the whole object, for everyone."
}

# all_by_ingress: every rule names routes, as in nearly all plugins. A guard has a rule for each route of the platform.
all_by_ingress if {
	rules := input.review.object.spec.matchRules
	is_array(rules)
	by_ingress := [rule |
		some rule in rules
		is_array(rule.ingress)
		count(rule.ingress) > 0
	]
	count(by_ingress) == count(rules)
}

disabled(rule) if rule.configDisable == true

conditional(rule) if {
	some key in ["ingress", "domain", "service"]
	is_array(rule[key])
	count(rule[key]) > 0
}
