package tollgate.baseline.route_namespace_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_namespace

got(request) := f.fields(violations) if {
	violations := route_namespace.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
}

in_gateway(object_, standing) := object.union(f.create(f.in_namespace(object_, "higress-system"), standing), {"subject": {"organization": "acme", "source": "label"}})

cases := {
	"own namespace": {"in": f.member(f.ingress(f.host("www.acme.example"))), "want": set()},
	"an Ingress": {"in": in_gateway(f.ingress(f.host("www.acme.example")), "Member"), "want": {"metadata.namespace"}},
	"an HTTPRoute": {"in": in_gateway(f.httproute({"hostnames": ["www.acme.example"]}), "Delegate"), "want": {"metadata.namespace"}},
	"the controller": {"in": in_gateway(f.ingress(f.host("www.acme.example")), "Controller"), "want": set()},
	"an audit": {"in": in_gateway(f.ingress(f.host("www.acme.example")), "Nobody"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
