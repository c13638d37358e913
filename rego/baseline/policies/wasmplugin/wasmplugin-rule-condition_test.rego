package tollgate.baseline.wasmplugin_rule_condition_test

import data.tollgate.baseline.wasmplugin_rule_condition as policy
import data.tollgate.testing

rule(value) := testing.changed(testing.guard, [{"op": "add", "path": "/spec/matchRules/-", "value": value}])

test_conditions_pass if {
	every value in [{"ingress": ["a"]}, {"domain": ["a"]}, {"service": ["a"], "ingress": []}, {"configDisable": true}] {
		fields("Admin", rule(value)) == set()
	}
}

test_no_condition if {
	every value in [{}, {"config": {"a": 1}}, {"ingress": []}, {"ingress": null}, {"ingress": "a"}, {"configDisable": false}, null, 7] {
		fields("Admin", rule(value)) == {"spec.matchRules[1]"}
		fields("Controller", rule(value)) == {"spec.matchRules[1]"}
	}
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-rule-condition", standing, "CREATE", written)
}
