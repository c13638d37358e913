package tollgate.baseline.wasmplugin_namespace_test

import data.tollgate.baseline.wasmplugin_namespace as policy
import data.tollgate.testing

test_elsewhere if {
	elsewhere := testing.changed(testing.guard, [{"op": "add", "path": "/metadata/namespace", "value": "free"}])
	fields("Admin", elsewhere) == {"metadata.namespace"}
	fields("Member", elsewhere) == set()
	fields("Admin", testing.guard) == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-namespace", standing, "CREATE", written)
}
