package tollgate.baseline.wasmplugin_tenant_failure_test

import data.tollgate.baseline.wasmplugin_tenant_failure as policy
import data.tollgate.testing

test_fails_open if fields("Member", testing.transformer) == set()

test_fails_closed if {
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/failStrategy", "value": "FAIL_CLOSE"}])) == {"spec.failStrategy"}
	fields("Member", testing.changed(testing.transformer, [{"op": "remove", "path": "/spec/failStrategy"}])) == {"spec.failStrategy"}
	fields("Admin", testing.changed(testing.transformer, [{"op": "remove", "path": "/spec/failStrategy"}])) == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-tenant-failure", standing, "CREATE", written)
}
