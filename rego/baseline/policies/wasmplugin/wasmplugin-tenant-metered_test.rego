package tollgate.baseline.wasmplugin_tenant_metered_test

import data.tollgate.baseline.wasmplugin_tenant_metered as policy
import data.tollgate.testing

test_unmetered_route_passes if fields("Member", testing.transformer) == set()

test_metered_route if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/ingress", "value": ["acme-chat/llm"]}])) == {"spec.matchRules[0].ingress[0]"}

test_route_that_does_not_exist if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/ingress", "value": ["acme-chat/web", "acme-chat/soon"]}])) == {"spec.matchRules[0].ingress[1]"}

test_response_safe if {
	fields("Member", testing.prompt) == set()
	fields("Member", testing.changed(testing.prompt, [{"op": "add", "path": "/spec/matchRules/0/ingress", "value": ["acme-chat/soon"]}])) == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-tenant-metered", standing, "CREATE", written)
}
