package tollgate.baseline.route_annotations_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_annotations

got(request) := f.fields(violations) if {
	violations := route_annotations.violation with input as object.union(request, {"parameters": data.testing.parameters["route-annotations"]})
		with data.tollgate.settings as object.union(f.settings, {"routes": {"annotations": array.concat(f.settings.routes.annotations, ["load-balance"])}})
		with data.tollgate.namespace_owner as f.namespace_owner
}

with_annotation(key, value) := f.member(f.annotated(f.host("www.acme.example"), {key: value}))

shop(key, value) := f.nobodys(f.annotated(f.host("shop.example"), {key: value}))

field(key) := {sprintf("metadata.annotations[%s]", [key])}

challenge(path, service, labels) := f.member(object.union(
	f.annotated(
		{"rules": [{"host": "www.acme.example", "http": {"paths": [{"path": path, "pathType": "ImplementationSpecific", "backend": {"service": {"name": service, "port": {"number": 8089}}}}]}}]},
		{"nginx.ingress.kubernetes.io/whitelist-source-range": "0.0.0.0/0,::/0"},
	),
	{"metadata": {"labels": labels}},
))

solver := {"acme.cert-manager.io/http01-solver": "true"}

whitelist := field("nginx.ingress.kubernetes.io/whitelist-source-range")

cases := {
	"on the list": {"in": with_annotation("higress.io/timeout", "5"), "want": set()},
	"on the list, nginx's prefix": {"in": with_annotation("nginx.ingress.kubernetes.io/timeout", "5"), "want": set()},
	"a pattern of the list": {"in": with_annotation("higress.io/exact-match-header-x-team", "a"), "want": set()},
	"not of the gateway": {"in": with_annotation("example.org/anything", "x"), "want": set()},
	"switched off": {"in": with_annotation("higress.io/disabled.mcp-server", "true"), "want": set()},
	"snippet": {"in": with_annotation("nginx.ingress.kubernetes.io/configuration-snippet", "x"), "want": field("nginx.ingress.kubernetes.io/configuration-snippet")},
	"snippet, Higress's prefix": {"in": with_annotation("higress.io/server-snippet", "x"), "want": field("higress.io/server-snippet")},
	"whitelist": {"in": with_annotation("higress.io/whitelist-source-range", "0.0.0.0/0"), "want": field("higress.io/whitelist-source-range")},
	"auth": {"in": with_annotation("nginx.ingress.kubernetes.io/auth-url", "http://a"), "want": field("nginx.ingress.kubernetes.io/auth-url")},
	"MCP server": {"in": with_annotation("higress.io/mcp-server", "true"), "want": field("higress.io/mcp-server")},
	"rpc": {"in": with_annotation("higress.io/rpc-destination-name", "x"), "want": field("higress.io/rpc-destination-name")},
	"alias": {"in": with_annotation("nginx.ingress.kubernetes.io/server-alias", "www.globex.example"), "want": field("nginx.ingress.kubernetes.io/server-alias")},
	"a longer name than one on the list": {"in": with_annotation("higress.io/timeout-x", "1"), "want": field("higress.io/timeout-x")},
	"solver": {"in": challenge("/.well-known/acme-challenge/tok-1_A", "cm-acme-http-solver-x", solver), "want": set()},
	"solver's label on another path": {"in": challenge("/api", "cm-acme-http-solver-x", solver), "want": whitelist},
	"solver's path to another Service": {"in": challenge("/.well-known/acme-challenge/t", "web", solver), "want": whitelist},
	"solver's path and more": {"in": challenge("/.well-known/acme-challenge/../../api", "cm-acme-http-solver-x", solver), "want": whitelist},
	"solver without label": {"in": challenge("/.well-known/acme-challenge/t", "cm-acme-http-solver-x", {}), "want": whitelist},
	"an admin": {"in": f.create(f.annotated({}, {"higress.io/mcp-server": "true"}), "Admin"), "want": set()},
	"a way to balance load": {"in": with_annotation("higress.io/load-balance", "least_conn"), "want": set()},
	"sessions of MCP": {"in": with_annotation("higress.io/load-balance", "mcp-sse"), "want": field("higress.io/load-balance")},
	"sessions of MCP, disguised": {"in": with_annotation("nginx.ingress.kubernetes.io/load-balance", " MCP-SSE"), "want": field("nginx.ingress.kubernetes.io/load-balance")},
	"sessions of MCP, an admin": {"in": f.create(f.annotated({}, {"higress.io/load-balance": "mcp-sse"}), "Admin"), "want": set()},
	"back to the gateway": {"in": with_annotation("higress.io/load-balance", " Passthrough"), "want": field("higress.io/load-balance")},
	"back to the gateway, in other letters": {"in": with_annotation("nginx.ingress.kubernetes.io/load-balance", "paſsthrough"), "want": field("nginx.ingress.kubernetes.io/load-balance")},
	"back to the gateway, unowned namespace": {"in": shop("higress.io/load-balance", "PASSTHROUGH"), "want": field("higress.io/load-balance")},
	"a name that begins too early": {"in": with_annotation("team/match-header-a", "x"), "want": field("team/match-header-a")},
	"a name without a prefix": {"in": with_annotation("match-query-a", "x"), "want": field("match-query-a")},
	"a name that ends too early": {"in": with_annotation("example.org/the-match-pseudo-header", "x"), "want": field("example.org/the-match-pseudo-header")},
	"a name that ends too early, unowned namespace": {"in": shop("example.org/match-query", "x"), "want": field("example.org/match-query")},
	"a name that ends too early, an admin": {"in": f.create(f.annotated({}, {"example.org/match-query": "x"}), "Admin"), "want": set()},
	"a name that is long enough": {"in": with_annotation("example.org/match-query-a", "x"), "want": set()},
	"a name like that of a match": {"in": with_annotation("team/match-hea", "x"), "want": set()},
	"nginx's way to balance load": {"in": with_annotation("nginx.ingress.kubernetes.io/load-balance", "ewma"), "want": set()},
	"unowned namespace": {"in": shop("higress.io/whitelist-source-range", "10.0.0.0/8"), "want": set()},
	"unowned namespace, another class": {"in": f.nobodys(f.annotated({"ingressClassName": "nginx"}, {"higress.io/mcp-server": "true"})), "want": set()},
	"unowned namespace, MCP server": {"in": shop("higress.io/mcp-server", "true"), "want": field("higress.io/mcp-server")},
	"unowned namespace, MCP configuration": {"in": shop("higress.io/mcp-server-match-rule-value", "/"), "want": field("higress.io/mcp-server-match-rule-value")},
	"unowned namespace, rpc": {"in": shop("higress.io/rpc-destination-name", "x"), "want": field("higress.io/rpc-destination-name")},
	"unowned namespace, sessions of MCP": {"in": shop("higress.io/load-balance", "mcp-sse"), "want": field("higress.io/load-balance")},
	"unowned namespace, switched off": {"in": shop("higress.io/disabled.mcp-server", "true"), "want": set()},
	"unowned namespace, an admin": {"in": f.create(f.in_namespace(f.annotated({}, {"higress.io/mcp-server": "true"}), "shop"), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
