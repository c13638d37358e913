package tollgate.baseline.mcpbridge_writers_test

import data.tollgate.baseline.mcpbridge_writers as policy
import data.tollgate.testing

test_operators_pass if {
	every standing in ["Admin", "Controller", "Console", "System", "Nobody"] {
		fields(standing, testing.bridge) == set()
	}
}

test_tenants if {
	every standing in ["Member", "Delegate", "Stranger"] {
		fields(standing, testing.bridge) == {""}
		fields(standing, testing.changed(testing.bridge, [{"op": "add", "path": "/metadata/namespace", "value": "acme-chat"}])) == {""}
		removed := policy.violation with input as testing.ask("mcpbridge-writers", standing, "DELETE", testing.bridge)
		testing.fields(removed) == {""}
	}
}

test_what_does_nothing_may_go if {
	elsewhere := testing.changed(testing.bridge, [{"op": "add", "path": "/metadata/namespace", "value": "acme-chat"}])
	removed := policy.violation with input as testing.ask("mcpbridge-writers", "Member", "DELETE", elsewhere)
	removed == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("mcpbridge-writers", standing, "CREATE", written)
}
