package tollgate.baseline.wasmplugin_reserved_keys_test

import data.tollgate.baseline.wasmplugin_reserved_keys as policy
import data.tollgate.testing

test_ordinary_keys_pass if {
	fields("Admin", testing.guard) == set()
	fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/matchRules/0/config/_plugin_id_", "value": "x"}])) == set()
}

test_reserved_keys if {
	fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/matchRules/0/config/_match_route_", "value": []}])) == {"spec.matchRules[0].config._match_route_"}
	fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/matchRules/0/config/_disable_", "value": true}])) == {"spec.matchRules[0].config._disable_"}
	fields("Controller", testing.changed(testing.guard, [{"op": "add", "path": "/spec/defaultConfig", "value": {"_rules_": []}}])) == {"spec.defaultConfig._rules_"}
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-reserved-keys", standing, "CREATE", written)
}
