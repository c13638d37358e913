package tollgate.baseline.wasmplugin_plugin_config_test

import data.tollgate.baseline.wasmplugin_plugin_config as policy
import data.tollgate.testing

test_alone_passes if {
	fields("Admin", testing.guard) == set()
	fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/pluginConfig", "value": {}}, {"op": "remove", "path": "/spec/matchRules"}])) == set()
}

test_with_rules if fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/pluginConfig", "value": {}}])) == {"spec.pluginConfig"}

test_with_a_default_configuration if fields("Admin", testing.changed(testing.guard, [
	{"op": "add", "path": "/spec/pluginConfig", "value": {"a": 1}},
	{"op": "add", "path": "/spec/defaultConfig", "value": {"b": 1}},
	{"op": "remove", "path": "/spec/matchRules"},
])) == {"spec.pluginConfig"}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-plugin-config", standing, "CREATE", written)
}
