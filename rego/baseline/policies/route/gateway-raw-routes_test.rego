package tollgate.baseline.gateway_raw_routes_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.gateway_raw_routes

got(request) := f.fields(violations) if {
	violations := gateway_raw_routes.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.host_owner as f.host_owner
		with data.tollgate.domain_claims as {"*.example": ["acme"]}
		with data.tollgate.gateway as f.gateway
		with data.tollgate.gateway_class as f.gateway_class
		with data.tollgate.granted as {"shop": {"acme-chat": [{"fromGroup": "gateway.networking.k8s.io", "fromKind": "TLSRoute", "toGroup": "", "toKind": "Service", "toName": "granted"}]}}
}

raw(kind) := object.union(f.httproute({"hostnames": ["www.acme.example"]}), {"kind": kind})

plain(kind) := object.union(f.httproute({}), {"kind": kind})

tls(spec) := object.union(f.httproute(object.union({"rules": [{"backendRefs": [{"name": "web"}]}]}, spec)), {"kind": "TLSRoute"})

backend(ref) := tls({"hostnames": ["shop.example"], "rules": [{"backendRefs": [ref]}]})

refused_backend := {"spec.rules[0].backendRefs[0]"}

cases := {
	"TLSRoute": {"in": f.member(raw("TLSRoute")), "want": {"spec.parentRefs"}},
	"TCPRoute": {"in": f.member(raw("TCPRoute")), "want": {"spec.parentRefs"}},
	"UDPRoute": {"in": f.member(raw("UDPRoute")), "want": {"spec.parentRefs"}},
	"HTTPRoute": {"in": f.member(raw("HTTPRoute")), "want": set()},
	"another gateway": {"in": f.member(object.union(raw("TCPRoute"), {"spec": {"parentRefs": [{"name": "istio", "namespace": "mesh"}]}})), "want": set()},
	"a tenant's change of finalizers": {"in": f.update(raw("TCPRoute"), object.union(raw("TCPRoute"), {"metadata": {"finalizers": ["a"]}})), "want": set()},
	"unowned namespace, own host": {"in": f.nobodys(tls({"hostnames": ["shop.example"]})), "want": set()},
	"unowned namespace, a tenant's host": {"in": f.nobodys(tls({"hostnames": ["shop.example", "www.acme.example"]})), "want": {"spec.hostnames[1]"}},
	"unowned namespace, a wildcard over a tenant's hosts": {"in": f.nobodys(tls({"hostnames": ["*.example"]})), "want": {"spec.hostnames[0]"}},
	"unowned namespace, no host": {"in": f.nobodys(tls({})), "want": {"spec.hostnames"}},
	"unowned namespace, every host": {"in": f.nobodys(tls({"hostnames": ["*"]})), "want": {"spec.hostnames"}},
	"unowned namespace, TCP": {"in": f.nobodys(plain("TCPRoute")), "want": {"spec.parentRefs"}},
	"unowned namespace, UDP": {"in": f.nobodys(plain("UDPRoute")), "want": {"spec.parentRefs"}},
	"unowned namespace, another's Service": {"in": f.nobodys(backend({"name": "web", "namespace": "acme-chat"})), "want": refused_backend},
	"unowned namespace, a Service that was granted": {"in": f.nobodys(backend({"name": "granted", "namespace": "acme-chat"})), "want": set()},
	"unowned namespace, a Service by its host": {"in": f.nobodys(backend({"group": "networking.istio.io", "kind": "Hostname", "name": "web.acme-chat.svc.cluster.local"})), "want": refused_backend},
	"unowned namespace, another gateway": {"in": f.nobodys(object.union(raw("TCPRoute"), {"spec": {"parentRefs": [{"name": "istio", "namespace": "mesh"}]}})), "want": set()},
	"an admin in an unowned namespace": {"in": f.create(f.in_namespace(raw("TCPRoute"), "shop"), "Admin"), "want": set()},
	"an admin": {"in": f.create(raw("TCPRoute"), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
