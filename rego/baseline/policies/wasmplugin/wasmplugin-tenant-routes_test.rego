package tollgate.baseline.wasmplugin_tenant_routes_test

import data.tollgate.baseline.wasmplugin_tenant_routes as policy
import data.tollgate.testing

test_own_routes_pass if {
	fields("Member", testing.transformer) == set()
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/ingress/-", "value": "GRPC/acme-data/api"}])) == set()
}

test_routes_that_are_not_ours if {
	every route in ["other-chat/web", "web", "GRPC/web", "GRPC/other-chat/web", "acme-chat/", "acme-chat/web/x", "free/web", "", "/web", "acme.example-app-root", 7] {
		fields("Member", testing.changed(testing.transformer, [{"op": "replace", "path": "/spec/matchRules/0/ingress/0", "value": route}])) == {"spec.matchRules[0].ingress[0]"}
	}
}

test_other_conditions if {
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/domain", "value": ["*"]}])) == {"spec.matchRules[0].domain"}
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/service", "value": ["x.dns"]}])) == {"spec.matchRules[0].service"}
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/domain", "value": []}])) == set()
}

test_no_condition if {
	fields("Member", testing.changed(testing.transformer, [{"op": "remove", "path": "/spec/matchRules/0/ingress"}])) == {"spec.matchRules[0].ingress"}
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/ingress", "value": []}])) == {"spec.matchRules[0].ingress"}
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0", "value": {"configDisable": true}}])) == {"spec.matchRules[0].ingress"}
}

test_the_platform_is_free if fields("Controller", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/ingress", "value": ["other-chat/web"]}])) == set()

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-tenant-routes", standing, "CREATE", written)
}
