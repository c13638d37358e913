package tollgate.baseline.route_hosts_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_hosts

got(request) := f.fields(violations) if {
	violations := route_hosts.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.host_owner as f.host_owner
		with data.tollgate.gateway as f.gateway
		with data.tollgate.domain_claims as {"*.example": ["acme", "globex"], "*.acme.example": ["acme"]}
}

classless := f.member({"kind": "Ingress", "metadata": {"name": "web", "namespace": "acme-chat"}, "spec": f.host("www.globex.example")})

host := {"spec.rules[0].host"}

cases := {
	"own host": {"in": f.member(f.ingress(f.host("www.acme.example"))), "want": set()},
	"own wildcard": {"in": f.member(f.ingress(f.host("*.acme.example"))), "want": set()},
	"host of another": {"in": f.member(f.ingress(f.host("www.globex.example"))), "want": host},
	"host of nobody": {"in": f.member(f.ingress(f.host("example.org"))), "want": host},
	"wildcard above one's own": {"in": f.member(f.ingress(f.host("*.example"))), "want": host},
	"empty host": {"in": f.member(f.ingress(f.host(""))), "want": host},
	"no host": {"in": f.member(f.ingress({"rules": [{"http": {"paths": [f.service_path("/")]}}]})), "want": host},
	"star": {"in": f.member(f.ingress(f.host("*"))), "want": host},
	"upper case": {"in": f.member(f.ingress(f.host("WWW.globex.example"))), "want": host},
	"own host in upper case": {"in": f.member(f.ingress(f.host("WWW.acme.example"))), "want": host},
	"trailing dot": {"in": f.member(f.ingress(f.host("www.acme.example."))), "want": host},
	"port": {"in": f.member(f.ingress(f.host("www.acme.example:443"))), "want": host},
	"homograph": {"in": f.member(f.ingress(f.host("аcme.example"))), "want": host},
	"own A-label": {"in": f.member(f.ingress(f.host("xn--cme-8ta.example"))), "want": set()},
	"foreign A-label": {"in": f.member(f.ingress(f.host("xn--acme-test.example"))), "want": host},
	"newline": {"in": f.member(f.ingress(f.host("www.acme.example\n"))), "want": host},
	"second rule": {
		"in": f.member(f.ingress({"rules": array.concat(f.host("www.acme.example").rules, f.host("globex.example").rules)})),
		"want": {"spec.rules[1].host"},
	},
	"TLS host of another": {
		"in": f.member(f.ingress(object.union(f.host("www.acme.example"), {"tls": [{"hosts": ["www.acme.example", "www.globex.example"]}]}))),
		"want": {"spec.tls[0].hosts[1]"},
	},
	"default backend": {
		"in": f.member(f.ingress(object.union(f.host("www.acme.example"), {"defaultBackend": {"service": {"name": "web"}}}))),
		"want": {"spec.defaultBackend"},
	},
	"nothing": {"in": f.member(f.ingress({})), "want": {"spec.rules"}},
	"another class": {"in": f.member(f.ingress(object.union(f.host("www.globex.example"), {"ingressClassName": "nginx"}))), "want": set()},
	"class by annotation only": {
		"in": f.member(f.annotated(object.union(f.host("www.globex.example"), {"ingressClassName": "nginx"}), {"kubernetes.io/ingress.class": "higress"})),
		"want": host,
	},
	"no class, served by default": {"in": classless, "want": host},
	"empty class": {"in": f.member(f.annotated({"ingressClassName": "", "rules": f.host("www.globex.example").rules}, {})), "want": host},
	"route through a ListenerSet": {"in": f.member(f.httproute({"parentRefs": [{"kind": "ListenerSet", "name": "more"}], "hostnames": ["globex.example"]})), "want": {"spec.hostnames[0]"}},
	"an admin": {"in": f.create(f.ingress(f.host("www.globex.example")), "Admin"), "want": set()},
	"the controller": {"in": f.create(f.ingress(f.host("www.globex.example")), "Controller"), "want": set()},
	"a delegate": {"in": f.create(f.ingress(f.host("www.globex.example")), "Delegate"), "want": host},
	"nobody asks": {"in": f.create(f.ingress(f.host("www.globex.example")), "Nobody"), "want": host},
	"unowned namespace, wildcard over organizations": {"in": f.create(f.in_namespace(f.ingress(f.host("*.Example")), "shop"), "Stranger"), "want": host},
	"unowned namespace, wildcard of its own": {"in": f.create(f.in_namespace(f.ingress(f.host("*.shop.test")), "shop"), "Stranger"), "want": set()},
	"unowned namespace, unowned host": {"in": f.create(f.in_namespace(f.ingress(f.host("shop.example")), "shop"), "Stranger"), "want": set()},
	"unowned namespace, no host": {"in": f.create(f.in_namespace(f.ingress(f.host("")), "shop"), "Stranger"), "want": set()},
	"unowned namespace, tenant's host": {"in": f.create(f.in_namespace(f.ingress(f.host("WWW.acme.example.")), "shop"), "Stranger"), "want": host},
	"only finalizers change": {
		"in": f.update(
			object.union(f.ingress(f.host("www.globex.example")), {"metadata": {"finalizers": []}}),
			object.union(f.ingress(f.host("www.globex.example")), {"metadata": {"finalizers": ["a/b"]}}),
		),
		"want": set(),
	},
	"an update that takes a host": {"in": f.update(f.ingress(f.host("www.globex.example")), f.ingress(f.host("www.acme.example"))), "want": host},
	"route on own host": {"in": f.member(f.httproute({"hostnames": ["www.acme.example"]})), "want": set()},
	"route on another's host": {"in": f.member(f.httproute({"hostnames": ["www.acme.example", "*.globex.example"]})), "want": {"spec.hostnames[1]"}},
	"route on all listeners": {"in": f.member(f.httproute({})), "want": {"spec.hostnames"}},
	"route on an own listener": {"in": f.member(f.httproute({"parentRefs": [{"name": "own", "sectionName": "web"}]})), "want": set()},
	"route on every listener of a Gateway": {"in": f.member(f.httproute({"parentRefs": [{"name": "own"}]})), "want": {"spec.hostnames"}},
	"route on a missing listener": {"in": f.member(f.httproute({"parentRefs": [{"name": "own", "sectionName": "x"}]})), "want": {"spec.hostnames"}},
	"route on a Gateway to come": {"in": f.member(f.httproute({"parentRefs": [{"name": "later"}], "hostnames": ["globex.example"]})), "want": {"spec.hostnames[0]"}},
	"route on default Gateways": {"in": f.member(f.httproute({"parentRefs": [], "useDefaultGateways": "All", "hostnames": ["globex.example"]})), "want": {"spec.hostnames[0]"}},
	"route on an own listener and on default Gateways": {"in": f.member(f.httproute({"parentRefs": [{"name": "own", "sectionName": "web"}], "useDefaultGateways": "All"})), "want": {"spec.hostnames"}},
	"route of another gateway and no default one": {"in": f.member(f.httproute({"parentRefs": [{"name": "istio", "namespace": "mesh"}], "useDefaultGateways": "None"})), "want": set()},
	"route of another gateway": {"in": f.member(f.httproute({"parentRefs": [{"name": "istio", "namespace": "mesh"}]})), "want": set()},
	"route of a Service": {"in": f.member(f.httproute({"parentRefs": [{"group": "", "kind": "Service", "name": "web"}]})), "want": set()},
	"GRPCRoute": {"in": f.member(object.union(f.httproute({"hostnames": ["globex.example"]}), {"kind": "GRPCRoute"})), "want": {"spec.hostnames[0]"}},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}

test_classless_of_another_default_class if {
	count(route_hosts.violation) == 0 with input as classless
		with data.tollgate.settings as f.settings
		with data.tollgate.host_owner as f.host_owner
		with data.tollgate.classless_ingress as false
}

test_classless_of_the_gateways_default_class if {
	count(route_hosts.violation) == 1 with input as classless
		with data.tollgate.settings as object.union(f.settings, {"gateway": {"emptyClass": "Ignore"}})
		with data.tollgate.host_owner as f.host_owner
		with data.tollgate.classless_ingress as true
}

test_message_says_what_to_write if {
	some v in route_hosts.violation with input as f.member(f.ingress(f.host("WWW.acme.example.")))
		with data.tollgate.settings as f.settings
		with data.tollgate.host_owner as f.host_owner
	v.msg == `The host "WWW.acme.example." is not in the form that the gateway compares; write "www.acme.example".`
}
