package tollgate.baseline.wasmplugin_route_type_test

import data.tollgate.baseline.wasmplugin_route_type as policy
import data.tollgate.testing

test_grpc if {
	fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/matchRules/0/routeType", "value": "GRPC"}])) == {"spec.matchRules[0].routeType"}
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/routeType", "value": "GRPC"}])) == {"spec.matchRules[0].routeType"}
}

test_others_pass if {
	fields("Admin", testing.guard) == set()
	fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/matchRules/0/routeType", "value": "HTTP"}])) == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-route-type", standing, "CREATE", written)
}
