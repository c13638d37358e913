package tollgate.baseline.mcpbridge_internal_test

import data.tollgate.baseline.mcpbridge_internal as policy
import data.tollgate.testing

entry(owner, domain) := testing.with_spec(testing.bridge, {"registries": [{
	"name": "x", "type": "dns", "domain": domain, "port": 80,
	"metadata": {"tollgate.dev": {"innerMap": {"organization": owner}}},
}]})

platform(domain) := testing.with_spec(testing.bridge, {"registries": [{"name": "x", "type": "dns", "domain": domain, "port": 80}]})

test_own_services_pass if {
	fields("Controller", entry("acme", "vllm.acme-chat.svc.cluster.local")) == set()
	fields("Controller", entry("acme", "api.example.com")) == set()
}

test_platform_services_pass if {
	fields("Controller", platform("redis.free.svc.cluster.local")) == set()
	fields("Controller", platform("redis.data.svc.cluster.local")) == set()
	fields("Controller", platform("api.example.com")) == set()
}

test_services_of_another_organization if {
	every domain in ["web.other-chat.svc.cluster.local", "web.other-chat.svc", "WEB.Other-Chat.SVC.", "web.other-chat", "10-0-0-1.other-chat.pod.cluster.local", "web-0.web.other-chat.svc.cluster.local", "a.example,web.other-chat.svc"] {
		fields("Admin", entry("acme", domain)) == {"spec.registries[0].domain"}
		fields("Admin", platform(domain)) == {"spec.registries[0].domain"}
	}
}

test_proxies if fields("Admin", testing.with_spec(testing.bridge, {"proxies": [{"name": "p", "serverAddress": "proxy.other-chat.svc"}]})) == {"spec.proxies[0].serverAddress"}

test_the_cluster_s_own if {
	every domain in ["kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "kube-dns.kube-system.svc.cluster.local", "kube-dns.kube-system"] {
		fields("Admin", platform(domain)) == {"spec.registries[0].domain"}
	}
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("mcpbridge-internal", standing, "CREATE", written)
}
