package tollgate.baseline.mcpbridge_name_test

import data.tollgate.baseline.mcpbridge_name as policy
import data.tollgate.testing

test_default_passes if fields("Admin", testing.bridge) == set()

test_other_name if fields("Admin", testing.changed(testing.bridge, [{"op": "add", "path": "/metadata/name", "value": "second"}])) == {"metadata.name"}

test_no_name_yet if fields("Admin", testing.changed(testing.bridge, [{"op": "remove", "path": "/metadata/name"}])) == {"metadata.name"}

test_other_namespace if fields("Member", testing.changed(testing.bridge, [{"op": "add", "path": "/metadata/namespace", "value": "acme-chat"}])) == {"metadata.namespace"}

test_delete_passes if {
	violations := policy.violation with input as testing.ask("mcpbridge-name", "Admin", "DELETE", testing.changed(testing.bridge, [{"op": "add", "path": "/metadata/name", "value": "second"}]))
	violations == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("mcpbridge-name", standing, "CREATE", written)
}
