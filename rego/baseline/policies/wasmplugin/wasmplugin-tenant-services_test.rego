package tollgate.baseline.wasmplugin_tenant_services_test

import data.tollgate.baseline.wasmplugin_tenant_services as policy
import data.tollgate.testing

rule(config) := testing.changed(testing.transformer, [{"op": "add", "path": "/spec/matchRules/0/config", "value": config}])

test_own_services_pass if {
	every service in ["redis.acme-data.svc.cluster.local", "redis.acme-data.svc", "llm-acme-oai.dns"] {
		fields("Member", rule({"redis": {"service_name": service}})) == set()
	}
}

test_services_that_are_not_ours if {
	every service in ["redis.static", "llm-other-oai.dns", "redis.other-chat.svc.cluster.local", "redis.free.svc.cluster.local", "unknown.dns", 7] {
		fields("Member", rule({"redis": {"serviceName": service}})) == {"spec.matchRules[0].config.redis.serviceName"}
	}
}

test_shared_services if {
	violations := policy.violation with input as object.union(
		testing.ask("wasmplugin-tenant-services", "Member", "CREATE", rule({"service-name": "redis.static"})),
		{"parameters": {"shared": ["redis.static"]}},
	)
	violations == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-tenant-services", standing, "CREATE", written)
}
