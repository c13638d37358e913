package tollgate.baseline.route_filters_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_filters

got(request) := f.fields(violations) if {
	violations := route_filters.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
}

filter(filters) := f.httproute({"rules": [{"filters": filters, "backendRefs": [{"name": "web", "filters": filters}]}]})

both := {"spec.rules[0].filters[0].type", "spec.rules[0].backendRefs[0].filters[0].type"}

cases := {
	"known": {"in": f.member(filter([{"type": "RequestHeaderModifier"}, {"type": "CORS"}])), "want": set()},
	"extension": {"in": f.member(filter([{"type": "ExtensionRef", "extensionRef": {"group": "extensions.higress.io", "kind": "WasmPlugin", "name": "x"}}])), "want": both},
	"none": {"in": f.member(filter([{}])), "want": both},
	"GRPCRoute": {"in": f.member(object.union(filter([{"type": "ExtensionRef"}]), {"kind": "GRPCRoute"})), "want": both},
	"an admin": {"in": f.create(filter([{"type": "ExtensionRef"}]), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
