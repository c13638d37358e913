package tollgate.baseline.mcpbridge_internal_test

import data.tollgate.baseline.mcpbridge_internal as policy
import data.tollgate.testing

entry(name, domain) := testing.with_spec(testing.bridge, {"registries": [{"name": name, "type": "dns", "domain": domain, "port": 80}]})

test_own_services_pass if {
	every name in ["llm-acme-vllm", "acme-vllm", "acme", "llm-acme"] {
		fields("Controller", entry(name, "vllm.acme-chat.svc.cluster.local")) == set()
	}
	fields("Controller", entry("redis", "redis.free.svc.cluster.local")) == set()
	fields("Controller", entry("redis", "redis.data.svc.cluster.local")) == set()
	fields("Controller", entry("x", "api.example.com")) == set()
}

test_services_of_another_organization if {
	every domain in ["web.other-chat.svc.cluster.local", "web.other-chat.svc", "WEB.Other-Chat.SVC.", "web.other-chat", "10-0-0-1.other-chat.pod.cluster.local", "web-0.web.other-chat.svc.cluster.local", "a.example,web.other-chat.svc"] {
		fields("Admin", entry("llm-acme-x", domain)) == {"spec.registries[0].domain"}
		fields("Admin", entry("x", domain)) == {"spec.registries[0].domain"}
	}
}

test_the_name_must_fit if fields("Admin", entry("llm-acme-x", "vllm.acme-chat.svc")) == set() with data.tollgate.namespace_owner as {"acme-chat": "acme"}

test_a_name_that_only_begins_alike if fields("Admin", entry("llm-acmecorp", "vllm.acme-chat.svc")) == {"spec.registries[0].domain"}

test_the_cluster_s_own if {
	every domain in ["kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "kube-dns.kube-system.svc.cluster.local"] {
		fields("Admin", entry("x", domain)) == {"spec.registries[0].domain"}
	}
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("mcpbridge-internal", standing, "CREATE", written)
}
