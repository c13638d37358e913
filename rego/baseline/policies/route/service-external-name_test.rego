package tollgate.baseline.service_external_name_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.service_external_name

got(request) := f.fields(violations) if {
	violations := service_external_name.violation with input as object.union(request, {"parameters": data.testing.parameters["service-external-name"]})
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.mcp_service as f.mcp_service
		with data.tollgate.namespace as {"data": {}, "acme-chat": {}}
		with data.tollgate.granted as {"acme-chat": {"data": [grant("HTTPRoute", "granted"), grant("Ingress", "web"), object.union(grant("HTTPRoute", "theirs"), {"fromGroup": "example.org"})], "open": [grant("GRPCRoute", "")], "globex-research": [grant("HTTPRoute", "granted")]}}
}

service(namespace, spec) := {"kind": "Service", "metadata": {"name": "out", "namespace": namespace}, "spec": spec}

grant(from, name) := {"fromGroup": "gateway.networking.k8s.io", "fromKind": from, "toGroup": "", "toKind": "Service", "toName": name}

to(name) := service("acme-chat", {"type": "ExternalName", "externalName": name})

in_shop(name) := f.create(f.in_namespace(to(name), "shop"), "Stranger")

field := {"spec.externalName"}

anybodys := ["api.example.com", "example.com.", "203.0.113.7", "172.15.0.1", "web.acme-search.svc.cluster.local", "web.acme-chat", "db-0.db.acme-search", "www.example.globex-research.", "llm-acme.internal.dns", "my-localhost.example.com"]

machine := ["localhost", "LOCALHOST.", "web.localhost", "127.0.0.1", "127.1", "0x7f000001", "169.254.169.254", "0.0.0.0", "127.0.0.1.nip.io", "localtest.me"]

others := ["10.96.0.1", "10.244.3.7.", "172.18.0.2", "192.168.1.1", "100.64.0.9", "redis.data.svc.cluster.local", "redis.data.svc", "redis.data", "db-0.redis.data", "10-0-0-1.data.pod", "redis.nowhere.svc.cluster.local", "web.globex-research.svc.cluster.local", "web.globex-research", "db-0.db.globex-research", "10-0-0-1.redis", "example.com", "10-0-0-1.redis.higress-system", "redis", "higress-controller.", "llm-globex.internal.dns", "redis.static", "higress-console.higress-system.svc", "kubernetes.default", "kubernetes.default.svc.cluster.local", "kube-dns.kube-system.svc.cluster.local", "metadata.google.internal"]

test_anybodys if {
	every name in anybodys {
		got(f.member(to(name))) == set()
		got(in_shop(name)) == set()
	}
}

test_machine if {
	every name in machine {
		got(f.member(to(name))) == field
		got(in_shop(name)) == field
		got(f.create(to(name), "Nobody")) == field
		got(f.create(to(name), "Admin")) == set()
	}
}

test_others if {
	every name in others {
		got(f.member(to(name))) == field
		got(f.create(to(name), "Delegate")) == field
		got(f.create(to(name), "Stranger")) == field
		got(in_shop(name)) == set()
		got(f.create(to(name), "Controller")) == set()
	}
}

# What a route of the namespace may lead to may have another name there too.
test_granted if {
	every name in ["granted.data.svc.cluster.local", "granted.data", "pod-0.granted.data", "pod-0.granted.data.svc", "any.open.svc"] {
		got(f.member(to(name))) == set()
	}
	every name in ["granted-too.data.svc", "web.data.svc", "theirs.data.svc", "granted.database.svc", "granted.globex-research.svc"] {
		got(f.member(to(name))) == field
	}
	elsewhere := f.member(f.in_namespace(to("granted.data.svc"), "acme-search"))
	got(elsewhere) == field
}

test_shared if {
	request := object.union(f.member(to("redis.data.svc")), {"parameters": object.union(data.testing.parameters["service-external-name"], {"shared": ["data"]})})
	violations := service_external_name.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.namespace as {"data": {}}
	violations == set()
}

test_other_types if {
	got(f.member(service("acme-chat", {"type": "ClusterIP"}))) == set()
	got(f.member(service("acme-chat", {"selector": {"app": "web"}}))) == set()

	# kube-apiserver drops the name of a Service that is no longer of the type.
	got(f.member(service("acme-chat", {"type": "ClusterIP", "externalName": "localhost"}))) == set()
}

test_changes if {
	got(f.update(to("localhost"), to("api.example.com"))) == field
	got(f.update(to("localhost"), service("acme-chat", {"type": "ClusterIP"}))) == field
	got(f.update(to("localhost"), to("localhost"))) == set()
}
