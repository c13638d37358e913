package tollgate.baseline.route_provider_keys_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_provider_keys

got(request) := f.fields(violations) if {
	violations := route_provider_keys.violation with input as request
		with data.tollgate.settings as object.union(f.settings, {"plugins": {"platform": ["tollgate-proxy"]}})
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
		with data.tollgate.mcp_service as f.mcp_service
		with data.tollgate.guarded as {"tollgate-proxy": {"acme-chat/web": true, "acme-chat/llm": true, "GRPC/acme-chat/web": true}, "other": {"acme-chat/plain": true}}
		with data.tollgate.host_route as {
			"llm.acme.example": [there("Ingress", "llm", true)],
			"draft.acme.example": [there("Ingress", "draft", true)],
			"docs.acme.example": [there("Ingress", "docs", false)],
		}
		with data.tollgate.route as {
			"acme-chat/draft": there("Ingress", "draft", true),
			"acme-chat/docs": there("Ingress", "docs", false),
			"acme-chat/twins": object.union(there("HTTPRoute", "twins", true), {"objects": [
				{"kind": "HTTPRoute", "namespace": "acme-chat", "name": "twins", "metered": true},
				{"kind": "Ingress", "namespace": "acme-chat", "name": "twins", "metered": true},
			]}),
			"acme-chat/first": object.union(there("HTTPRoute", "first", true), {"objects": [
				{"kind": "HTTPRoute", "namespace": "acme-chat", "name": "first", "metered": true},
				{"kind": "Ingress", "namespace": "acme-chat", "name": "first", "metered": false},
			]}),
		}
}

there(kind, name, metered) := {"kind": kind, "namespace": "acme-chat", "name": name, "organization": "acme", "path": "/v1/", "pathType": "Prefix", "canary": false, "metered": metered}

path := "spec.rules[0].http.paths[0].backend.service"

bridge := {"path": "/v1", "pathType": "Prefix", "backend": {"resource": {"apiGroup": "networking.higress.io", "kind": "McpBridge", "name": "default"}}}

spec(host, path_) := {"rules": [{"host": host, "http": {"paths": [path_]}}]}

leading(destination) := f.member(f.annotated(spec("www.acme.example", bridge), {"higress.io/destination": destination}))

renamed(object_, name) := object.union(object_, {"metadata": {"name": name}})

canary(host, path_) := f.member(renamed(f.annotated(spec(host, f.service_path(path_)), {"higress.io/canary": "true", "higress.io/canary-weight": "50"}), "mine"))

route(kind, refs) := f.member(object.union(f.httproute({"rules": [{"backendRefs": refs}]}), {"kind": kind}))

cases := {
	"to a Service": {"in": f.member(f.ingress(f.host("www.acme.example"))), "want": {path}},
	"under another name": {"in": f.member(renamed(f.ingress(f.host("www.acme.example")), "mine")), "want": set()},
	"under a name of another plugin": {"in": f.member(renamed(f.ingress(f.host("www.acme.example")), "plain")), "want": set()},
	"to the provider": {"in": leading("llm-acme.internal.dns:443"), "want": set()},
	"to a Service by destination": {"in": leading("50% llm-acme.internal.dns:443\n50% web.acme-chat.svc.cluster.local:80"), "want": {"metadata.annotations[higress.io/destination]"}},
	"to what cannot be read": {"in": leading("a b c d e"), "want": {"metadata.annotations[higress.io/destination]"}},
	"default backend": {"in": f.member(f.ingress({"defaultBackend": {"service": {"name": "web"}}})), "want": {"spec.defaultBackend.service"}},
	"a canary of it": {"in": canary("llm.acme.example", "/v1"), "want": {path}},
	"a canary of another path": {"in": canary("llm.acme.example", "/v2"), "want": set()},
	"a route of its name": {"in": route("HTTPRoute", [{"name": "web", "port": 80}]), "want": {"spec.rules[0].backendRefs[0]"}},
	"a route of its name to the provider": {"in": route("HTTPRoute", [{"group": "networking.istio.io", "kind": "Hostname", "name": "llm-acme.internal.dns", "port": 443}]), "want": set()},
	"a GRPCRoute of its name": {"in": route("GRPCRoute", [{"name": "web", "port": 80}]), "want": {"spec.rules[0].backendRefs[0]"}},
	"a canary of a route whose rules are still to come": {"in": canary("draft.acme.example", "/v1"), "want": {path}},
	"a canary of a plain route": {"in": canary("docs.acme.example", "/v1"), "want": set()},
	"under the name of a route whose rules are still to come": {"in": f.member(renamed(f.httproute({"rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}), "draft")), "want": {"spec.rules[0].backendRefs[0]"}},
	"one of two of a name": {"in": f.member(renamed(f.httproute({"rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}), "twins")), "want": {"spec.rules[0].backendRefs[0]"}},
	"the only one of two of a name that reaches a provider": {"in": f.member(renamed(f.httproute({"rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}), "first")), "want": set()},
	"the other of two of a name": {"in": f.member(renamed(f.ingress(f.host("www.acme.example")), "first")), "want": {path}},
	"that route itself": {"in": f.member(renamed(f.ingress(f.host("draft.acme.example")), "draft")), "want": set()},
	"under the name of a plain route": {"in": f.member(renamed(f.httproute({"rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}), "docs")), "want": set()},
	"to the provider, and copies elsewhere": {
		"in": f.member(f.annotated(spec("www.acme.example", bridge), {"higress.io/mirror-target-service": "web", "higress.io/mirror-percentage": "1"})),
		"want": {"metadata.annotations[higress.io/mirror-target-service]"},
	},
	"to the provider, and after an error elsewhere": {
		"in": f.member(f.annotated(spec("www.acme.example", bridge), {"nginx.ingress.kubernetes.io/default-backend": "web"})),
		"want": {"metadata.annotations[nginx.ingress.kubernetes.io/default-backend]"},
	},
	"an admin": {"in": f.create(f.ingress(f.host("www.acme.example")), "Admin"), "want": set()},
	"the controller": {"in": f.create(f.ingress(f.host("www.acme.example")), "Controller"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
