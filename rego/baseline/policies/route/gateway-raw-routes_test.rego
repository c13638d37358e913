package tollgate.baseline.gateway_raw_routes_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.gateway_raw_routes

got(request) := f.fields(violations) if {
	violations := gateway_raw_routes.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.host_owner as f.host_owner
		with data.tollgate.gateway as f.gateway
		with data.tollgate.gateway_class as f.gateway_class
		with data.tollgate.granted as f.certificate_grants
}

raw(kind) := object.union(f.httproute({"hostnames": ["www.acme.example"]}), {"kind": kind})

cases := {
	"TLSRoute": {"in": f.member(raw("TLSRoute")), "want": {"spec.parentRefs"}},
	"TCPRoute": {"in": f.member(raw("TCPRoute")), "want": {"spec.parentRefs"}},
	"UDPRoute": {"in": f.member(raw("UDPRoute")), "want": {"spec.parentRefs"}},
	"HTTPRoute": {"in": f.member(raw("HTTPRoute")), "want": set()},
	"another gateway": {"in": f.member(object.union(raw("TCPRoute"), {"spec": {"parentRefs": [{"name": "istio", "namespace": "mesh"}]}})), "want": set()},
	"an admin": {"in": f.create(raw("TCPRoute"), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
