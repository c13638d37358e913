package tollgate.baseline.service_external_name_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.service_external_name

got(request) := f.fields(violations) if {
	violations := service_external_name.violation with input as object.union(request, {"parameters": data.testing.parameters["service-external-name"]})
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.mcp_service as f.mcp_service
}

service(namespace, spec) := {"kind": "Service", "metadata": {"name": "out", "namespace": namespace}, "spec": spec}

to(name) := service("acme-chat", {"type": "ExternalName", "externalName": name})

in_shop(name) := f.create(f.in_namespace(to(name), "shop"), "Stranger")

field := {"spec.externalName"}

anybodys := ["api.example.com", "example.com", "203.0.113.7", "web.acme-search.svc.cluster.local", "web.acme-chat", "redis.data.svc.cluster.local", "db-0.db.acme-search", "www.example.globex-research.", "llm-acme.internal.dns", "my-localhost.example.com"]

machine := ["localhost", "LOCALHOST.", "web.localhost", "127.0.0.1", "127.1", "0x7f000001", "169.254.169.254", "0.0.0.0", "127.0.0.1.nip.io", "localtest.me"]

others := ["web.globex-research.svc.cluster.local", "web.globex-research", "db-0.db.globex-research", "10-0-0-1.redis.higress-system", "redis", "higress-controller.", "llm-globex.internal.dns", "redis.static", "higress-console.higress-system.svc", "kubernetes.default", "kubernetes.default.svc.cluster.local", "kube-dns.kube-system.svc.cluster.local", "metadata.google.internal"]

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
