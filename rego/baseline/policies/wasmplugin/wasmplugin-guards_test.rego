package tollgate.baseline.wasmplugin_guards_test

import data.tollgate.baseline.wasmplugin_guards as policy
import data.tollgate.testing

test_guards_pass if {
	fields("Admin", testing.guard) == set()
	fields("Controller", testing.changed(testing.guard, [{"op": "remove", "path": "/spec/failStrategy"}])) == set()
}

test_fail_open if fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/failStrategy", "value": "FAIL_OPEN"}])) == {"spec.failStrategy"}

test_panic_recovery if {
	fields("Admin", testing.changed(testing.guard, [{"op": "remove", "path": "/spec/vmConfig"}])) == {"spec.vmConfig.env"}
	fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/vmConfig/env/0/value", "value": "false"}])) == {"spec.vmConfig.env[0]"}
	fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/vmConfig/env/0/valueFrom", "value": "HOST"}])) == {"spec.vmConfig.env[0]"}
}

test_the_last_of_two_would_win if fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/vmConfig/env/-", "value": {"name": "WASM_DISABLE_PANIC_RECOVERY", "value": "0"}}])) == {"spec.vmConfig.env[1]"}

test_required_and_identity_are_guards if {
	every name in ["tollgate-identity", "tollgate-auth", "tollgate-budget"] {
		fields("Admin", testing.changed(testing.guard, [
			{"op": "replace", "path": "/metadata/name", "value": name},
			{"op": "replace", "path": "/spec/failStrategy", "value": "FAIL_OPEN"},
		])) == {"spec.failStrategy"} with data.tollgate.settings.plugins.guards as []
	}
}

test_others_are_free if {
	fields("Member", testing.transformer) == set()
	fields("Admin", testing.changed(testing.guard, [
		{"op": "replace", "path": "/metadata/namespace", "value": "free"},
		{"op": "replace", "path": "/spec/failStrategy", "value": "FAIL_OPEN"},
	])) == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-guards", standing, "CREATE", written)
}
