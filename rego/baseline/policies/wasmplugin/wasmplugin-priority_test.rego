package tollgate.baseline.wasmplugin_priority_test

import data.tollgate.baseline.wasmplugin_priority as policy
import data.tollgate.testing

priority(value) := testing.changed(testing.guard, [{"op": "add", "path": "/spec/priority", "value": value}])

test_numbers_pass if {
	every value in [0, -10, 2147483647, -2147483648, 100.0, null] {
		fields("Admin", priority(value)) == set()
	}
	fields("Admin", testing.guard) == set()
}

test_what_higress_cannot_read if {
	every value in [2147483648, -2147483649, 30000000000, 1.5, "100", [1]] {
		fields("Admin", priority(value)) == {"spec.priority"}
	}
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-priority", standing, "CREATE", written)
}
