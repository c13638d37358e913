package tollgate.baseline.route_guards_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_guards

got(request) := f.fields(violations) if {
	violations := route_guards.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.guarded as guarded
}

guarded := {
	"tollgate-auth": {"acme-chat/web": true, "acme-chat/half": true, "GRPC/acme-chat/web": true},
	"tollgate-budget": {"acme-chat/web": true, "GRPC/acme-chat/web": true},
	"tollgate-identity": {"acme-chat/web": true, "acme-chat/half": true, "GRPC/acme-chat/web": true},
}

bridge := {"rules": [{"host": "www.acme.example", "http": {"paths": [{"path": "/", "backend": {"resource": {"apiGroup": "networking.higress.io", "kind": "McpBridge", "name": "default"}}}]}}]}

named(object_, name) := object.union(object_, {"metadata": {"name": name}})

field := {"spec.rules[0].http.paths[0].backend.resource"}

hostname(name) := named(f.httproute({"rules": [{"backendRefs": [{"group": "networking.istio.io", "kind": "Hostname", "name": "llm-acme.internal.dns"}]}]}), name)

cases := {
	"no provider": {"in": f.member(named(f.ingress(f.host("www.acme.example")), "bare")), "want": set()},
	"guarded": {"in": f.member(f.ingress(bridge)), "want": set()},
	"without guards": {"in": f.member(named(f.ingress(bridge), "bare")), "want": field},
	"one guard is missing": {"in": f.member(named(f.ingress(bridge), "half")), "want": field},
	"the same name elsewhere": {"in": f.member(f.in_namespace(f.ingress(bridge), "acme-search")), "want": field},
	"destination": {"in": f.member(named(f.annotated({}, {"higress.io/destination": "llm-acme.internal.dns:443"}), "bare")), "want": {"metadata.annotations[higress.io/destination]"}},
	"default backend of a guarded name": {"in": f.member(f.ingress({"defaultBackend": {"resource": {"kind": "McpBridge", "name": "default"}}})), "want": {"spec.defaultBackend.resource"}},
	"generated name": {"in": f.member(object.union(f.ingress(bridge), {"metadata": {"name": "", "generateName": "web"}})), "want": {"metadata.generateName"}},
	"HTTPRoute by Hostname": {"in": f.member(hostname("bare")), "want": {"spec.rules[0].backendRefs[0]"}},
	"HTTPRoute, guarded": {"in": f.member(hostname("web")), "want": set()},
	"GRPCRoute, guarded": {"in": f.member(object.union(hostname("web"), {"kind": "GRPCRoute"})), "want": set()},
	"GRPCRoute, guarded as HTTPRoute only": {"in": f.member(object.union(hostname("half"), {"kind": "GRPCRoute"})), "want": {"spec.rules[0].backendRefs[0]"}},
	"canary of a guarded name": {"in": f.member(f.annotated(bridge, {"higress.io/canary": "true", "higress.io/canary-weight": "10"})), "want": {"metadata.annotations[higress.io/canary]"}},
	"a canary without a provider": {"in": f.member(f.annotated(f.host("www.acme.example"), {"higress.io/canary": "true"})), "want": set()},
	"guarded but for what is sent again after an error": {"in": f.member(f.annotated(bridge, {"higress.io/default-backend": "web"})), "want": field},
	"guarded, and nothing is sent again": {"in": f.member(f.annotated(bridge, {"higress.io/custom-http-errors": ""})), "want": set()},
	"the controller": {"in": f.create(named(f.ingress(bridge), "bare"), "Controller"), "want": set()},
	"an admin": {"in": f.create(named(f.ingress(bridge), "bare"), "Admin"), "want": set()},
	"the console": {"in": f.create(named(f.ingress(bridge), "bare"), "Console"), "want": set()},
	"unowned namespace": {"in": f.create(f.in_namespace(f.ingress(bridge), "shop"), "Stranger"), "want": field},
}

test_message_names_what_is_missing if {
	messages := {v.msg |
		some v in route_guards.violation with input as f.member(named(f.ingress(bridge), "half"))
			with data.tollgate.settings as f.settings
			with data.tollgate.guarded as guarded
	}
	messages == {`The route reaches an LLM provider, and WasmPlugin "tollgate-budget" has no rule that names the route "acme-chat/half".`}
}

test_no_guards_configured_lets_nothing_pass if {
	count(route_guards.violation) == 1 with input as f.member(f.ingress(bridge))
		with data.tollgate.settings as object.union(f.settings, {"plugins": {"required": [], "identityHeaders": ""}})
		with data.tollgate.guarded as guarded
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
