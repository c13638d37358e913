package tollgate.baseline.route_provider_alone_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_provider_alone

violations(request) := found if {
	found := route_provider_alone.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
		with data.tollgate.host_route as {"llm.acme.example": [
			there("acme-chat", "beta", {"path": "/v1/", "canary": true, "metered": false}),
			there("acme-chat", "provider", {"path": "/v2", "canary": true, "metered": true}),
			there("acme-chat", "plain", {"path": "/v3", "canary": false, "metered": false}),
			there("globex-research", "beta", {"path": "/v4", "canary": true, "metered": false}),
		]}
		with data.tollgate.route as {
			"acme-chat/taken": object.union(there("acme-chat", "taken", {"metered": false}), {"kind": "HTTPRoute"}),
			"acme-chat/shared": object.union(there("acme-chat", "shared", {"metered": true}), {"kind": "HTTPRoute"}),
			"acme-chat/own": there("acme-chat", "own", {"metered": false}),
			"acme-chat/web-fallback": there("acme-chat", "web-fallback", {"metered": false}),
			"GRPC/acme-chat/taken": object.union(there("acme-chat", "taken", {"metered": false}), {"kind": "GRPCRoute"}),
			"acme-chat/both": both(false, false),
			"acme-chat/both-reach": both(true, true),
			"acme-chat/one-reaches": both(true, false),
		}
}

there(namespace, name, more) := object.union({"kind": "Ingress", "namespace": namespace, "name": name, "organization": "acme", "pathType": "Prefix"}, more)

# both: an HTTPRoute and an Ingress have the name; kind and name on top are the first's.
both(http, ingress) := object.union(there("acme-chat", "both", {"metered": metered}), {"kind": "HTTPRoute", "objects": [
	{"kind": "HTTPRoute", "namespace": "acme-chat", "name": "both", "metered": http},
	{"kind": "Ingress", "namespace": "acme-chat", "name": "both", "metered": ingress},
]}) if {
	metered := true in {http, ingress}
}

to_provider(path) := annotated(path, {})

turned(new, old) := object.union(f.update(new, old), {"subject": {"standing": "Controller"}})

annotated(path, annotations) := f.annotated(
	{"rules": [{"host": "llm.acme.example", "http": {"paths": [{
		"path": path, "pathType": "Prefix",
		"backend": {"resource": {"apiGroup": "networking.higress.io", "kind": "McpBridge", "name": "default"}},
	}]}}]},
	annotations,
)

to_service(path) := f.ingress({"rules": [{"host": "llm.acme.example", "http": {"paths": [f.service_path(path)]}}]})

named(object_, name) := object.union(object_, {"metadata": {"name": name}})

route(kind) := named(object.union(f.httproute({"rules": [{"backendRefs": [{"group": "networking.istio.io", "kind": "Hostname", "name": "llm-acme.internal.dns", "port": 443}]}]}), {"kind": kind}), "taken")

plain(kind) := object.union(f.httproute({"rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}), {"kind": kind})

path := "spec.rules[0].http.paths[0].path"

cases := {
	"over a canary": {"in": f.create(to_provider("/v1"), "Controller"), "want": {path}},
	"over a canary, by an admin": {"in": f.create(to_provider("/v1"), "Admin"), "want": {path}},
	"over a canary, and nobody asks": {"in": f.create(to_provider("/v1"), "Nobody"), "want": {path}},
	"beside a canary": {"in": f.create(to_provider("/v1/chat"), "Controller"), "want": set()},
	"over a canary that leads to a provider": {"in": f.create(to_provider("/v2"), "Controller"), "want": set()},
	"over a plain route": {"in": f.create(to_provider("/v3"), "Controller"), "want": set()},
	"over a canary of another organization": {"in": f.member(to_provider("/v4")), "want": {path}},
	"the canary itself": {"in": f.create(named(to_provider("/v1"), "beta"), "Controller"), "want": set()},
	"a route to a Service": {"in": f.create(to_service("/v1"), "Controller"), "want": set()},
	"of another gateway": {"in": f.create(object.union(to_provider("/v1"), {"spec": {"ingressClassName": "nginx"}}), "Controller"), "want": set()},
	"nothing new": {"in": object.union(f.update(to_provider("/v1"), to_provider("/v1")), {"subject": {"standing": "Controller"}}), "want": set()},
	"a name that is taken": {"in": f.create(named(to_provider("/v3"), "taken"), "Controller"), "want": {"metadata.name"}},
	"a name that is taken by a route to a provider": {"in": f.create(named(to_provider("/v3"), "shared"), "Controller"), "want": set()},
	"its own name": {"in": f.create(named(to_provider("/v3"), "own"), "Controller"), "want": set()},
	"the name of what is sent again": {"in": f.create(annotated("/v3", {"higress.io/default-backend": "web"}), "Controller"), "want": {"metadata.name"}},
	"a GRPCRoute under a name that is taken": {"in": f.create(route("GRPCRoute"), "Controller"), "want": set()},
	"an Ingress that turns to a provider beside an HTTPRoute of its name": {"in": turned(named(to_provider("/v3"), "both"), named(to_service("/v3"), "both")), "want": {"metadata.name"}},
	"an HTTPRoute that turns to a provider beside an Ingress of its name": {"in": turned(named(route("HTTPRoute"), "both"), named(plain("HTTPRoute"), "both")), "want": {"metadata.name"}},
	"a GRPCRoute that turns to a provider, with a name of its own kind": {"in": turned(named(route("GRPCRoute"), "both"), named(plain("GRPCRoute"), "both")), "want": set()},
	"both lead to a provider": {"in": turned(named(to_provider("/v3"), "both-reach"), named(to_service("/v3"), "both-reach")), "want": set()},
	"a route changed whose twin leads elsewhere": {"in": turned(named(route("HTTPRoute"), "one-reaches"), named(plain("HTTPRoute"), "one-reaches")), "want": {"metadata.name"}},
	"an HTTPRoute under its own name": {"in": f.create(route("HTTPRoute"), "Controller"), "want": set()},
}

test_cases if {
	wrong := {name: f.fields(violations(c["in"])) | some name, c in cases; f.fields(violations(c["in"])) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; f.fields(violations(c["in"])) == c.want}) == count(cases)
}

test_says_what_it_is if {
	some v in violations(f.create(to_provider("/v4"), "Controller"))
	contains(v.msg, "Ingress globex-research/beta is a canary")
}

test_names_nothing_of_others if {
	some v in violations(f.member(to_provider("/v4")))
	contains(v.msg, "a route of somebody else's is a canary")
}
