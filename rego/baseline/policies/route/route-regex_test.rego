package tollgate.baseline.route_regex_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_regex

got(request) := f.fields(violations) if {
	violations := route_regex.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
}

annotation(suffix, value) := f.member(f.annotated(f.host("www.acme.example"), {concat("", ["higress.io/", suffix]): value}))

path(value, annotations) := f.member(f.annotated({"rules": [{"host": "www.acme.example", "http": {"paths": [f.service_path(value)]}}]}, annotations))

matches(match) := f.member(f.httproute({"hostnames": ["www.acme.example"], "rules": [{"matches": [match]}]}))

route_path(value) := matches({"path": {"type": "RegularExpression", "value": value}})

at := {"spec.rules[0].matches[0].path.value"}

cases := {
	"good expressions": {"in": route_path(`/v[0-9]{1,3}/(a|b)+.*`), "want": set()},
	"not an expression": {"in": matches({"path": {"type": "PathPrefix", "value": "/a(b"}}), "want": set()},
	"open parenthesis": {"in": route_path("/a(b"), "want": at},
	"lookahead": {"in": route_path("/(?=a)"), "want": at},
	"too long": {"in": route_path(concat("", [sprintf("/%d", [n]) | some n in numbers.range(1, 200)])), "want": at},
	"classes of Unicode": {"in": route_path(`/\pL{9}`), "want": at},
	"a group counted": {"in": route_path("/(ab){2}"), "want": at},
	"counted too often": {"in": route_path("/a{600}b{300,}c{1,101}"), "want": at},
	"counted often": {"in": route_path("/a{600}b{300,}c{1,100}"), "want": set()},
	"a list counted": {"in": route_path("/[a-zA-Z0-9._-]{1,1000}"), "want": set()},
	"lists counted": {"in": route_path(`^/v1/projects/[a-z0-9-]{1,63}/locations/[a-z0-9-]{1,63}/[^/]{1,256}:predict$`), "want": set()},
	"a long list counted": {"in": route_path("/[acegikmoqsuwyACEGIKMOQSUWY]{1000}"), "want": at},
	"a list of other scripts counted": {"in": route_path("/[абвгдежз]{600}"), "want": at},
	"a list of other scripts": {"in": route_path("/[абвгдежз]{3}"), "want": set()},
	"a list that begins with its end counted": {"in": route_path("/[]acegikmoqsuwyACEGIKMOQ]{1,1000}"), "want": at},
	"nothing": {"in": route_path(""), "want": at},
	"a method of nothing": {"in": f.member(object.union(f.httproute({"rules": [{"matches": [{"method": {"type": "RegularExpression", "service": "", "method": "B"}}]}]}), {"kind": "GRPCRoute"})), "want": set()},
	"header match by nothing": {"in": annotation("regex-match-header-a", ""), "want": {"metadata.annotations[higress.io/regex-match-header-a]"}},
	"parameter that begins with nothing": {"in": annotation("prefix-match-query-a", ""), "want": {"metadata.annotations[higress.io/prefix-match-query-a]"}},
	"parameter that is nothing": {"in": annotation("exact-match-query-a", ""), "want": set()},
	"canary by nothing": {"in": annotation("canary-by-header-value", ""), "want": set()},
	"path with rewrite-path": {"in": path("/a(b", {"higress.io/rewrite-path": "/x"}), "want": {"spec.rules[0].http.paths[0].path"}},
	"path with rewrite-path that ends in a slash": {"in": path(`/a\/`, {"higress.io/rewrite-path": "/x"}), "want": {"spec.rules[0].http.paths[0].path"}},
	"plain path with rewrite-path": {"in": path("/a.b+c/", {"higress.io/rewrite-path": "/x"}), "want": set()},
	"exact path with rewrite-path": {"in": f.member(f.annotated({"rules": [{"host": "www.acme.example", "http": {"paths": [object.union(f.service_path("/a(b"), {"pathType": "Exact"})]}}]}, {"higress.io/rewrite-path": "/x"})), "want": set()},
	"headers and parameters": {"in": matches({"headers": [{"name": "a", "type": "RegularExpression", "value": "("}], "queryParams": [{"name": "a", "type": "RegularExpression", "value": "["}, {"name": "b", "value": "("}]}), "want": {"spec.rules[0].matches[0].headers[0].value", "spec.rules[0].matches[0].queryParams[0].value"}},
	"a GRPCRoute": {"in": f.member(object.union(f.httproute({"rules": [{"matches": [{"method": {"type": "RegularExpression", "service": "a.(", "method": "B"}}]}]}), {"kind": "GRPCRoute"})), "want": {"spec.rules[0].matches[0].method.service"}},
	"path of an Ingress": {"in": path("/a(b", {}), "want": set()},
	"path with use-regex": {"in": path("/a(b", {"nginx.ingress.kubernetes.io/use-regex": "true"}), "want": {"spec.rules[0].http.paths[0].path"}},
	"path with use-regex false": {"in": path("/a(b", {"higress.io/use-regex": "false"}), "want": set()},
	"path with a rewrite": {"in": path("/a[b", {"higress.io/rewrite-target": "/"}), "want": {"spec.rules[0].http.paths[0].path"}},
	"header match": {"in": annotation("regex-match-header-a", "("), "want": {"metadata.annotations[higress.io/regex-match-header-a]"}},
	"header match under another prefix": {"in": f.member(f.annotated(f.host("www.acme.example"), {"example.io/regex-match-header-a": "("})), "want": {"metadata.annotations[example.io/regex-match-header-a]"}},
	"header match under a longer prefix": {"in": f.member(f.annotated(f.host("www.acme.example"), {"examples.io/regex-match-header-a": "("})), "want": set()},
	"canary": {"in": annotation("canary-by-header-pattern", "*a"), "want": {"metadata.annotations[higress.io/canary-by-header-pattern]"}},
	"canary by a value": {"in": annotation("canary-by-header-value", "a(b"), "want": {"metadata.annotations[higress.io/canary-by-header-value]"}},
	"canary by values": {"in": annotation("canary-by-header-value", "beta|alpha"), "want": set()},
	"canary by a cookie": {"in": annotation("canary-by-cookie", "stage_2"), "want": set()},
	"canary by an expression for a cookie": {"in": annotation("canary-by-cookie", "a(b"), "want": {"metadata.annotations[higress.io/canary-by-cookie]"}},
	"sticky by a cookie": {"in": annotation("session-cookie-name", "x.route-1"), "want": set()},
	"sticky by no cookie": {"in": annotation("session-cookie-name", "a;b"), "want": {"metadata.annotations[higress.io/session-cookie-name]"}},
	"hashed": {"in": annotation("upstream-hash-by", "$http_x-team"), "want": set()},
	"hashed as nginx does": {"in": annotation("upstream-hash-by", "$binary_remote_addr"), "want": set()},
	"hashed by the client": {"in": annotation("upstream-hash-by", "$remote_addr"), "want": set()},
	"hashed by nothing": {"in": annotation("upstream-hash-by", "$http_"), "want": {"metadata.annotations[higress.io/upstream-hash-by]"}},
	"hashed by two things": {"in": annotation("upstream-hash-by", "$http_a$arg_b"), "want": {"metadata.annotations[higress.io/upstream-hash-by]"}},
	"path with a rewrite to false": {"in": path("/a[b", {"higress.io/rewrite-target": "false"}), "want": {"spec.rules[0].http.paths[0].path"}},
	"methods": {"in": annotation("match-method", "GET POST"), "want": set()},
	"methods that are none": {"in": annotation("match-method", "GET|("), "want": {"metadata.annotations[higress.io/match-method]"}},
	"origins": {"in": annotation("cors-allow-origin", "https://*.acme.example, http://localhost:3000,*"), "want": set()},
	"any origin by https": {"in": annotation("cors-allow-origin", "https://*, https://*:8443"), "want": set()},
	"an origin of two stars": {"in": annotation("cors-allow-origin", "https://**"), "want": {"metadata.annotations[higress.io/cors-allow-origin]"}},
	"origins that are none": {"in": annotation("cors-allow-origin", "https://a(.*"), "want": {"metadata.annotations[higress.io/cors-allow-origin]"}},
	"origins of a filter": {"in": f.member(f.httproute({"rules": [{"filters": [{"type": "CORS", "cors": {"allowOrigins": ["https://*.acme.example", "*"]}}]}]})), "want": set()},
	"origins of a filter that are none": {"in": f.member(f.httproute({"rules": [{"backendRefs": [{"name": "web", "filters": [{"type": "CORS", "cors": {"allowOrigins": ["https://www.acme.example", "https://*.(a"]}}]}]}]})), "want": {"spec.rules[0].backendRefs[0].filters[0].cors.allowOrigins[1]"}},
	"a namespace of nobody": {"in": f.create(f.in_namespace(f.annotated(f.host("shop.example"), {"higress.io/regex-match-header-a": "("}), "shop"), "Stranger"), "want": {"metadata.annotations[higress.io/regex-match-header-a]"}},
	"an admin": {"in": f.create(f.httproute({"rules": [{"matches": [{"path": {"type": "RegularExpression", "value": "("}}]}]}), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
