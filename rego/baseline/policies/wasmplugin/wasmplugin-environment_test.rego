package tollgate.baseline.wasmplugin_environment_test

import data.tollgate.baseline.wasmplugin_environment as policy
import data.tollgate.testing

env(name) := testing.changed(testing.guard, [{"op": "add", "path": "/spec/vmConfig/env/-", "value": {"name": name, "value": "x"}}])

test_reserved if {
	fields("Admin", env("ISTIO_META_CLUSTER_ID")) == {"spec.vmConfig.env[1].name"}
	fields("Admin", env("istio_meta_x")) == {"spec.vmConfig.env[1].name"}
	fields("Admin", env("LOG_LEVEL")) == set()
	fields("Admin", testing.guard) == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-environment", standing, "CREATE", written)
}
