package tollgate.baseline.route_reserved_names_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_reserved_names

got(request) := f.fields(violations) if {
	violations := route_reserved_names.violation with input as object.union(request, {"parameters": data.testing.parameters["route-reserved-names"]})
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
}

named(object_, name) := object.union(object_, {"metadata": {"name": name}})

by(standing) := f.create(named(f.ingress({}), "tollgate-llm"), standing)

nginx := object.union(named(f.ingress({}), "tollgate-llm"), {"spec": {"ingressClassName": "nginx"}})

cases := {
	"another name": {"in": f.member(named(f.ingress({}), "my-tollgate-llm")), "want": set()},
	"an Ingress": {"in": by("Member"), "want": {"metadata.name"}},
	"by a delegate": {"in": by("Delegate"), "want": {"metadata.name"}},
	"an HTTPRoute": {"in": f.member(named(f.httproute({}), "tollgate-llm")), "want": {"metadata.name"}},
	"to be generated": {"in": f.member(object.union(f.ingress({}), {"metadata": {"name": "", "generateName": "tollgate-"}})), "want": {"metadata.generateName"}},
	"of another gateway": {"in": f.member(nginx), "want": set()},
	"in a namespace of nobody": {"in": f.create(f.in_namespace(named(f.ingress({}), "tollgate-llm"), "shop"), "Stranger"), "want": set()},
	"the controller": {"in": by("Controller"), "want": set()},
	"an admin": {"in": by("Admin"), "want": set()},
	"nobody asks": {"in": by("Nobody"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
