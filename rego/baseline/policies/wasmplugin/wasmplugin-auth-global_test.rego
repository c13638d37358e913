package tollgate.baseline.wasmplugin_auth_global_test

import data.tollgate.baseline.wasmplugin_auth_global as policy
import data.tollgate.testing

test_consumers_pass if {
	fields("Controller", testing.key_auth) == set()
	fields("Controller", testing.changed(testing.key_auth, [{"op": "remove", "path": "/spec/matchRules"}])) == set()
}

test_no_rules_no_danger if fields("Admin", testing.changed(testing.key_auth, [
	{"op": "add", "path": "/spec/defaultConfigDisable", "value": true},
	{"op": "remove", "path": "/spec/matchRules"},
])) == set()

test_dropped if {
	fields("Admin", testing.changed(testing.key_auth, [{"op": "add", "path": "/spec/defaultConfigDisable", "value": true}])) == {"spec.defaultConfigDisable"}
	fields("Admin", testing.changed(testing.key_auth, [
		{"op": "add", "path": "/spec/defaultConfigDisable", "value": true},
		{"op": "add", "path": "/spec/url", "value": "registry.example/renamed:1"},
		{"op": "replace", "path": "/metadata/name", "value": "renamed"},
	])) == {"spec.defaultConfigDisable"}
	fields("Admin", testing.changed(testing.key_auth, [
		{"op": "add", "path": "/spec/url", "value": "registry.example/renamed:1"},
		{"op": "replace", "path": "/metadata/name", "value": "renamed"},
		{"op": "remove", "path": "/spec/defaultConfig"},
	])) == {"spec.defaultConfig"}
}

test_no_consumers if {
	every value in [[], {}, null, "alice"] {
		fields("Admin", testing.changed(testing.key_auth, [{"op": "add", "path": "/spec/defaultConfig/consumers", "value": value}])) == {"spec.defaultConfig"}
	}
	fields("Admin", testing.changed(testing.key_auth, [{"op": "remove", "path": "/spec/defaultConfig"}])) == {"spec.defaultConfig"}
}

test_own_consumers if {
	own := {"consumers": [{"name": "x", "credential": "y"}]}
	fields("Admin", testing.changed(testing.key_auth, [{"op": "replace", "path": "/spec/matchRules/0/config", "value": own}])) == {"spec.matchRules[0].config"}
	fields("Admin", testing.changed(testing.key_auth, [
		{"op": "add", "path": "/spec/defaultConfig/global_auth", "value": true},
		{"op": "replace", "path": "/spec/matchRules/0/config", "value": object.union(own, {"allow": ["x"]})},
	])) == {"spec.matchRules[0].config.allow"}
}

test_other_plugins if {
	fields("Admin", testing.guard) == set()
	restriction := testing.changed(testing.guard, [{"op": "add", "path": "/spec/matchRules/0/config/allow", "value": ["10.0.0.1", "10.0.0.0/8"]}])
	fields("Admin", restriction) == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-auth-global", standing, "CREATE", written)
}
