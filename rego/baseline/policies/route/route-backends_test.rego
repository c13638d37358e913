package tollgate.baseline.route_backends_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_backends

got(request) := f.fields(violations) if {
	violations := route_backends.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.host_owner as f.host_owner
		with data.tollgate.gateway as f.gateway
		with data.tollgate.mcp_service as f.mcp_service
		with data.tollgate.granted as granted
}

granted := {"acme-chat": {"globex-research": [
	{"fromGroup": "gateway.networking.k8s.io", "fromKind": "HTTPRoute", "toGroup": "", "toKind": "Service", "toName": "shared"},
	{"fromGroup": "example.org", "fromKind": "HTTPRoute", "toGroup": "", "toKind": "Service", "toName": "not-to-ours"},
	{"fromGroup": "gateway.networking.k8s.io", "fromKind": "HTTPRoute", "toGroup": "example.org", "toKind": "Service", "toName": "no-service"},
]}}

route(ref) := f.member(f.httproute({"hostnames": ["www.acme.example"], "rules": [{"backendRefs": [ref]}]}))

grpc(ref) := f.member(object.union(f.httproute({"rules": [{"backendRefs": [ref]}]}), {"kind": "GRPCRoute"}))

resource(r) := f.member(f.ingress({"rules": [{"host": "www.acme.example", "http": {"paths": [{"path": "/", "backend": {"resource": r}}]}}]}))

backend := {"spec.rules[0].backendRefs[0]"}

mirror(ref) := f.member(f.httproute({"rules": [{
	"filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": ref}}],
	"backendRefs": [{"name": "web", "filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": ref}}]}],
}]}))

cases := {
	"Ingress, own Service": {"in": f.member(f.ingress(f.host("www.acme.example"))), "want": set()},
	"Ingress, McpBridge": {"in": resource({"apiGroup": "networking.higress.io", "kind": "McpBridge", "name": "default"}), "want": set()},
	"Ingress, another bridge": {"in": resource({"apiGroup": "networking.higress.io", "kind": "McpBridge", "name": "mine"}), "want": {"spec.rules[0].http.paths[0].backend"}},
	"Ingress, another resource": {"in": resource({"apiGroup": "v1", "kind": "ConfigMap", "name": "default"}), "want": {"spec.rules[0].http.paths[0].backend"}},
	"Ingress of a tenant in the gateway's namespace": {
		"in": object.union(f.member(f.in_namespace(f.ingress(f.host("www.acme.example")), "higress-system")), {"subject": {"organization": "acme"}}),
		"want": {"spec.rules[0].http.paths[0].backend"},
	},
	"own Service": {"in": route({"name": "web", "port": 80}), "want": set()},
	"another namespace of the organization": {"in": route({"name": "web", "namespace": "acme-search"}), "want": set()},
	"namespace of another": {"in": route({"name": "web", "namespace": "globex-research"}), "want": backend},
	"granted": {"in": route({"name": "shared", "namespace": "globex-research"}), "want": set()},
	"granted to another group's HTTPRoutes": {"in": route({"name": "not-to-ours", "namespace": "globex-research"}), "want": backend},
	"another group's Service granted": {"in": route({"name": "no-service", "namespace": "globex-research"}), "want": backend},
	"granted to HTTPRoutes only": {"in": grpc({"name": "shared", "namespace": "globex-research"}), "want": backend},
	"kube-system": {"in": route({"name": "kube-dns", "namespace": "kube-system"}), "want": backend},
	"the gateway's namespace": {"in": route({"name": "redis", "namespace": "higress-system"}), "want": backend},
	"InferencePool of another": {"in": route({"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "p", "namespace": "globex-research"}), "want": backend},
	"own InferencePool": {"in": route({"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "p"}), "want": set()},
	"Hostname of another's provider": {"in": route({"group": "networking.istio.io", "kind": "Hostname", "name": "llm-globex.internal.dns", "port": 443}), "want": backend},
	"Hostname of the platform's Redis": {"in": route({"group": "networking.istio.io", "kind": "Hostname", "name": "redis.static", "port": 80}), "want": backend},
	"Hostname of a Service of another": {"in": route({"group": "networking.istio.io", "kind": "Hostname", "name": "web.globex-research.svc.cluster.local"}), "want": backend},
	"Hostname of one's own": {"in": route({"group": "networking.istio.io", "kind": "Hostname", "name": "llm-acme.internal.dns"}), "want": set()},
	"service of the bridge": {"in": route({"group": "networking.higress.io", "kind": "Service", "name": "llm-globex.internal.dns"}), "want": backend},
	"unknown kind": {"in": route({"group": "example.org", "kind": "Bucket", "name": "b"}), "want": backend},
	"mirror": {
		"in": mirror({"name": "web", "namespace": "globex-research"}),
		"want": {"spec.rules[0].filters[0].requestMirror.backendRef", "spec.rules[0].backendRefs[0].filters[0].requestMirror.backendRef"},
	},
	"own mirror": {"in": mirror({"name": "copy"}), "want": set()},
	"unowned namespace, own Service": {"in": f.create(f.in_namespace(f.httproute({"rules": [{"backendRefs": [{"name": "web"}]}]}), "shop"), "Stranger"), "want": set()},
	"unowned namespace, tenant's Service": {
		"in": f.create(f.in_namespace(f.httproute({"rules": [{"backendRefs": [{"name": "web", "namespace": "acme-chat"}]}]}), "shop"), "Stranger"),
		"want": backend,
	},
	"an admin": {"in": f.create(f.httproute({"rules": [{"backendRefs": [{"name": "web", "namespace": "kube-system"}]}]}), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
