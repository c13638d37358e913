package tollgate.baseline.wasmplugin_tenant_global_test

import data.tollgate.baseline.wasmplugin_tenant_global as policy
import data.tollgate.testing

test_no_global_configuration_passes if {
	fields("Member", testing.transformer) == set()
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/defaultConfig", "value": {}}])) == set()
}

test_global_configuration if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/defaultConfig", "value": {"a": 1}}])) == {"spec.defaultConfig"}

test_plugin_config if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/pluginConfig", "value": {}}])) == {"spec.pluginConfig"}

test_without_default_config_disable if {
	fields("Member", testing.changed(testing.transformer, [{"op": "remove", "path": "/spec/defaultConfigDisable"}])) == {"spec.defaultConfigDisable"}
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/defaultConfigDisable", "value": false}])) == {"spec.defaultConfigDisable"}
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-tenant-global", standing, "CREATE", written)
}
