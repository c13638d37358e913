package tollgate.baseline.gateway_adoption_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.gateway_adoption

got(request) := {violation.msg | some violation in violations} if {
	violations := gateway_adoption.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.attached_route as attached
}

attached := {
	"acme-chat/own": [route("acme-chat", "site", "acme", false), route("acme-chat", "judged", "acme", true)],
	"acme-chat/judged": [route("acme-chat", "judged", "acme", true)],
	"acme-chat/lent": [route("globex-research", "site", "globex", false)],
	"shop/own": [route("shop", "site", "", false)],
}

route(namespace, name, organization, labelled) := {
	"kind": "HTTPRoute", "namespace": namespace, "name": name,
	"organization": organization, "labelled": labelled,
}

gateway(namespace, name, class) := {
	"kind": "Gateway", "metadata": {"namespace": namespace, "name": name},
	"spec": {"gatewayClassName": class, "listeners": [{"name": "http"}]},
}

lent := json.patch(gateway("acme-chat", "lent", "higress"), [{"op": "add", "path": "/spec/listeners/0/allowedRoutes", "value": {"namespaces": {"from": "All"}}}])

named(route_) := {sprintf("%s names this Gateway already, and was not judged as a route of the AI gateway.", [route_])}

cases := {
	"made anew": {"in": f.member(gateway("acme-chat", "own", "higress")), "want": named("HTTPRoute acme-chat/site")},
	"moved": {"in": f.update(gateway("acme-chat", "own", "higress"), gateway("acme-chat", "own", "envoy")), "want": named("HTTPRoute acme-chat/site")},
	"it was already": {"in": f.update(gateway("acme-chat", "own", "higress"), object.union(gateway("acme-chat", "own", "higress"), {"spec": {"listeners": []}})), "want": set()},
	"another controller's": {"in": f.member(gateway("acme-chat", "own", "envoy")), "want": set()},
	"its routes were judged": {"in": f.member(gateway("acme-chat", "judged", "higress")), "want": set()},
	"no routes": {"in": f.member(gateway("acme-chat", "new", "higress")), "want": set()},
	"another's route that it does not take": {"in": f.member(gateway("acme-chat", "lent", "higress")), "want": set()},
	"another's route is not named": {"in": f.member(lent), "want": named("A route of another namespace")},
	"a namespace of nobody": {"in": f.create(gateway("shop", "own", "higress"), "Stranger"), "want": named("HTTPRoute shop/site")},
	"an admin": {"in": f.create(gateway("acme-chat", "own", "higress"), "Admin"), "want": set()},
	"an audit": {"in": f.create(gateway("acme-chat", "own", "higress"), "Nobody"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
