package tollgate.baseline.gateway_hosts_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.gateway_hosts

got(request) := f.fields(violations) if {
	violations := gateway_hosts.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.host_owner as f.host_owner
		with data.tollgate.domain_claims as {"*.example": ["globex"]}
		with data.tollgate.gateway as f.gateway
		with data.tollgate.gateway_class as f.gateway_class
		with data.tollgate.granted as f.certificate_grants
}

hosts(names) := f.gateway_object([{"name": "l", "hostname": name} | some name in names])

cases := {
	"own": {"in": f.member(hosts(["www.acme.example", "*.acme.example"])), "want": set()},
	"of another": {"in": f.member(hosts(["www.acme.example", "www.globex.example"])), "want": {"spec.listeners[1].hostname"}},
	"none": {"in": f.member(f.gateway_object([{"name": "l"}])), "want": {"spec.listeners[0].hostname"}},
	"another class": {"in": f.member(object.union(hosts(["www.globex.example"]), {"spec": {"gatewayClassName": "istio"}})), "want": set()},
	"a class that is not known": {"in": f.member(object.union(hosts(["www.globex.example"]), {"spec": {"gatewayClassName": "later"}})), "want": set()},
	"Higress's class under another name": {"in": f.member(object.union(hosts(["www.globex.example"]), {"spec": {"gatewayClassName": "lobby"}})), "want": {"spec.listeners[0].hostname"}},
	"ListenerSet": {"in": f.member(f.listener_set("shared", [{"name": "l", "hostname": "www.globex.example"}])), "want": {"spec.listeners[0].hostname"}},
	"XListenerSet": {"in": f.member(f.x_listener_set("shared", [{"name": "l", "hostname": "www.globex.example"}])), "want": {"spec.listeners[0].hostname"}},
	"ListenerSet of another gateway": {"in": f.member(object.union(f.listener_set("istio", [{"name": "l"}]), {"spec": {"parentRef": {"namespace": "mesh"}}})), "want": set()},
	"unowned namespace": {"in": f.create(f.in_namespace(hosts(["shop.example"]), "shop"), "Stranger"), "want": set()},
	"unowned namespace, tenant's host": {"in": f.create(f.in_namespace(hosts(["www.acme.example"]), "shop"), "Stranger"), "want": {"spec.listeners[0].hostname"}},
	"unowned namespace, a wildcard over a tenant's hosts": {"in": f.nobodys(f.listener_set("shared", [{"name": "l", "hostname": "*.example"}])), "want": {"spec.listeners[0].hostname"}},
	"unowned namespace, every host in plain text": {"in": f.nobodys(f.gateway_object([{"name": "l", "protocol": "HTTP"}])), "want": set()},
	"unowned namespace, every host with a certificate": {
		"in": f.nobodys(f.gateway_object([{"name": "l", "protocol": "HTTPS", "hostname": "shop.example"}, {"name": "m", "protocol": "HTTPS"}, {"name": "n", "protocol": "TCP"}, {"name": "o", "protocol": "TLS", "hostname": "*"}])),
		"want": {"spec.listeners[1].hostname", "spec.listeners[3].hostname"},
	},
	"unowned namespace of another controller": {"in": f.nobodys(object.union(f.gateway_object([{"name": "l", "protocol": "HTTPS"}]), {"spec": {"gatewayClassName": "istio"}})), "want": set()},
	"an admin": {"in": f.create(hosts(["www.globex.example"]), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
