package tollgate.baseline.route_capture_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_capture

got(request) := f.fields(violations) if {
	violations := route_capture.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.host_owner as f.host_owner
		with data.tollgate.gateway as f.gateway
		with data.tollgate.mcp_service as f.mcp_service
		with data.tollgate.host_route as host_route
}

# Who serves what on hosts that acme may use.
host_route := {
	"www.acme.example": [
		{"kind": "Ingress", "namespace": "acme-search", "name": "s", "organization": "acme", "path": "/", "pathType": "Prefix"},
		{"kind": "Ingress", "namespace": "globex-research", "name": "g", "organization": "globex", "path": "/globex", "pathType": "Prefix"},
		{"kind": "Ingress", "namespace": "globex-research", "name": "e", "organization": "globex", "path": "/exact", "pathType": "Exact"},
	],
	"re.acme.example": [{"kind": "HTTPRoute", "namespace": "globex-research", "name": "r", "organization": "globex", "path": "/g/.*", "pathType": "RegularExpression"}],
	"www.globex.example": [{"kind": "Ingress", "namespace": "globex-research", "name": "w", "organization": "globex", "path": "/", "pathType": "Prefix"}],
	"*": [{"kind": "Ingress", "namespace": "acme-chat", "name": "all", "organization": "acme", "path": "/", "pathType": "Prefix"}],
	"shop.example": [{"kind": "Ingress", "namespace": "acme-chat", "name": "s", "organization": "acme", "path": "/shop", "pathType": "Prefix"}],
}

at(host, path, type) := f.member(f.ingress({"rules": [{"host": host, "http": {"paths": [object.union(f.service_path(path), {"pathType": type})]}}]}))

grpc(method) := f.member(object.union(f.httproute({"hostnames": ["www.acme.example"], "rules": [{"matches": [{"method": method}]}]}), {"kind": "GRPCRoute"}))

path := {"spec.rules[0].http.paths[0].path"}

route(match) := f.member(f.httproute({"hostnames": ["www.acme.example"], "rules": [{"matches": [match]}]}))

cases := {
	"a host of one's own": {"in": at("new.acme.example", "/", "Prefix"), "want": set()},
	"a shorter prefix leaves the rest alone": {"in": at("www.acme.example", "/", "Prefix"), "want": set()},
	"beside": {"in": at("www.acme.example", "/globexx", "Prefix"), "want": set()},
	"the same prefix": {"in": at("www.acme.example", "/globex", "Prefix"), "want": path},
	"a trailing slash": {"in": at("www.acme.example", "/globex/", "Prefix"), "want": path},
	"another case": {"in": at("www.acme.example", "/GLOBEX", "ImplementationSpecific"), "want": path},
	"a longer prefix": {"in": at("www.acme.example", "/globex/api", "Prefix"), "want": path},
	"an exact path below": {"in": at("www.acme.example", "/globex/api", "Exact"), "want": path},
	"an exact path that is exact": {"in": at("www.acme.example", "/exact", "Exact"), "want": path},
	"a prefix of an exact path": {"in": at("www.acme.example", "/exact", "Prefix"), "want": set()},
	"before a regular expression": {"in": at("re.acme.example", "/x", "Prefix"), "want": path},
	"app-root": {
		"in": f.member(f.annotated({"rules": [{"host": "re.acme.example"}]}, {"higress.io/app-root": "/x"})),
		"want": {"metadata.annotations[higress.io/app-root]"},
	},
	"a canary of another's route": {
		"in": f.member(f.annotated({"rules": [{"host": "www.acme.example", "http": {"paths": [f.service_path("/globex")]}}]}, {"higress.io/canary": "true", "higress.io/canary-weight": "100"})),
		"want": path,
	},
	"HTTPRoute, all paths": {"in": f.member(f.httproute({"hostnames": ["www.acme.example"], "rules": [{}]})), "want": set()},
	"HTTPRoute, the same prefix": {"in": route({"path": {"type": "PathPrefix", "value": "/globex"}}), "want": {"spec.rules[0].matches[0]"}},
	"HTTPRoute, exact": {"in": route({"path": {"type": "Exact", "value": "/globex/x"}, "headers": [{"name": "a", "value": "b"}]}), "want": {"spec.rules[0].matches[0]"}},
	"HTTPRoute, expression after prefixes": {"in": route({"path": {"type": "RegularExpression", "value": "/globex/.*"}}), "want": set()},
	"HTTPRoute, expression against expression": {
		"in": f.member(f.httproute({"hostnames": ["re.acme.example"], "rules": [{"matches": [{"path": {"type": "RegularExpression", "value": "/.*"}}]}]})),
		"want": {"spec.rules[0].matches[0]"},
	},
	"GRPCRoute": {
		"in": f.member(object.union(f.httproute({"hostnames": ["www.acme.example"], "rules": [{"matches": [{"method": {"service": "globex", "method": "Get"}}]}]}), {"kind": "GRPCRoute"})),
		"want": {"spec.rules[0].matches[0]"},
	},
	"unowned namespace against a tenant": {
		"in": f.create(f.in_namespace(f.ingress({"rules": [{"host": "shop.example", "http": {"paths": [f.service_path("/shop/x")]}}]}), "shop"), "Stranger"),
		"want": path,
	},
	"a host of nobody's": {"in": at("shop.example", "/shop", "Prefix"), "want": set()},
	"another's host tells nothing about its routes": {"in": at("www.globex.example", "/", "Prefix"), "want": set()},
	"GRPCRoute, one service": {"in": grpc({"service": "globex"}), "want": {"spec.rules[0].matches[0]"}},
	"GRPCRoute, another service": {"in": grpc({"service": "acme", "method": "Get"}), "want": set()},
	"GRPCRoute, a service by expression": {"in": grpc({"type": "RegularExpression", "service": "globex.*"}), "want": set()},
	"GRPCRoute, one method of every service": {"in": grpc({"method": "Get"}), "want": set()},
	"GRPCRoute, everything": {"in": grpc({}), "want": set()},
	"GRPCRoute, without a match": {"in": f.member(object.union(f.httproute({"hostnames": ["www.acme.example"], "rules": [{"matches": [{}]}]}), {"kind": "GRPCRoute"})), "want": set()},
	"hosts of the listener": {
		"in": f.member(f.httproute({"parentRefs": [{"name": "own", "sectionName": "re"}], "rules": [{}]})),
		"want": {"spec.rules[0]"},
	},
	"default backend": {
		"in": f.create(f.in_namespace(f.ingress({"defaultBackend": {"service": {"name": "web"}}}), "shop"), "Stranger"),
		"want": {"spec.defaultBackend"},
	},
	"an admin": {"in": f.create(f.ingress(f.host("re.acme.example")), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
