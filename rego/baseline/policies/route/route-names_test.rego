package tollgate.baseline.route_names_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_names

got(request) := f.fields(violations) if {
	violations := route_names.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
}

named(name) := f.member(object.union(f.ingress({}), {"metadata": {"name": name}}))

cases := {
	"plain": {"in": named("web.v1"), "want": set()},
	"a word like a marker": {"in": named("model-web"), "want": set()},
	"upstream": {"in": named("web.upstream"), "want": {"metadata.name"}},
	"model": {"in": named("web.models"), "want": {"metadata.name"}},
	"consumer": {"in": named("a.consumer.b"), "want": {"metadata.name"}},
	"metric": {"in": named("a.metrics"), "want": {"metadata.name"}},
	"to be generated": {"in": f.member(object.union(f.ingress({}), {"metadata": {"name": "", "generateName": "a.metric-"}})), "want": {"metadata.generateName"}},
	"HTTPRoute": {"in": f.member(object.union(f.httproute({}), {"metadata": {"name": "a.consumer"}})), "want": {"metadata.name"}},
	"an admin": {"in": f.create(object.union(f.ingress({}), {"metadata": {"name": "a.metric"}}), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
