package tollgate.baseline.route_headers_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_headers

got(request) := f.fields(violations) if {
	violations := route_headers.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
}

with_annotation(key, value) := f.member(f.annotated(f.host("www.acme.example"), {key: value}))

field(key) := {sprintf("metadata.annotations[%s]", [key])}

modifier(m) := f.member(f.httproute({"rules": [{"filters": [m]}]}))

matched(name) := f.member(f.httproute({"rules": [{"matches": [{"headers": [{"name": "a", "value": "b"}, {"name": name, "value": "x"}]}]}]}))

add := "higress.io/request-header-control-add"

cases := {
	"a header of one's own": {"in": with_annotation(add, "x-team chat\nx-stage prod\n"), "want": set()},
	"consumer": {"in": with_annotation(add, "x-team chat\nX-Mse-Consumer globex.chat.a.b"), "want": field(add)},
	"quoted": {"in": with_annotation(add, `"x-dev-user" root`), "want": field(add)},
	"removed": {"in": with_annotation("nginx.ingress.kubernetes.io/request-header-control-remove", "a,x-dev-group"), "want": field("nginx.ingress.kubernetes.io/request-header-control-remove")},
	"authorization": {"in": with_annotation("higress.io/request-header-control-update", "Authorization Bearer x"), "want": field("higress.io/request-header-control-update")},
	"authority": {"in": with_annotation("higress.io/request-header-control-update", ":authority www.globex.example"), "want": field("higress.io/request-header-control-update")},
	"response": {"in": with_annotation("higress.io/response-header-control-add", "x-higress-fallback-from a"), "want": field("higress.io/response-header-control-add")},
	"match": {"in": with_annotation("higress.io/exact-match-header-x-team", "a"), "want": set()},
	"match of the model": {"in": with_annotation("higress.io/prefix-match-header-x-higress-llm-model", "gpt"), "want": set()},
	"match of the fallback": {"in": with_annotation("higress.io/exact-match-header-X-Higress-Fallback-From", "r"), "want": field("higress.io/exact-match-header-X-Higress-Fallback-From")},
	"match of the internal route": {"in": with_annotation("higress.io/regex-match-header-x-envoy-internal-route", "r"), "want": field("higress.io/regex-match-header-x-envoy-internal-route")},
	"match under another prefix": {"in": with_annotation("example.io/exact-match-header-x-mse-consumer", "r"), "want": field("example.io/exact-match-header-x-mse-consumer")},
	"match under no prefix": {"in": with_annotation("aaaaaaaaaaaprefixed-match-header-x-dev-user", "r"), "want": field("aaaaaaaaaaaprefixed-match-header-x-dev-user")},
	"match in the name of a parameter": {"in": with_annotation("higress.io/exact-match-query-match-header.x-mse-consumer", "r"), "want": field("higress.io/exact-match-query-match-header.x-mse-consumer")},
	"match with a dot": {"in": with_annotation("higress.io/exact-match-header_x-mse-consumer", "r"), "want": field("higress.io/exact-match-header_x-mse-consumer")},
	"match under a longer prefix": {"in": with_annotation("examples.io/exact-match-header-x-mse-consumer", "r"), "want": set()},
	"canary by identity": {"in": with_annotation("higress.io/canary-by-header", "x-mse-consumer"), "want": field("higress.io/canary-by-header")},
	"canary by one's own": {"in": with_annotation("higress.io/canary-by-header", "x-canary"), "want": set()},
	"HTTPRoute, own header": {"in": modifier({"requestHeaderModifier": {"set": [{"name": "x-team", "value": "x-mse-consumer"}]}}), "want": set()},
	"HTTPRoute, set": {"in": modifier({"requestHeaderModifier": {"set": [{"name": "X-MSE-Consumer", "value": "a"}]}}), "want": {"spec.rules[0].filters[0].requestHeaderModifier.set[0].name"}},
	"HTTPRoute, removed": {"in": modifier({"requestHeaderModifier": {"remove": ["x", "x-dev-user"]}}), "want": {"spec.rules[0].filters[0].requestHeaderModifier.remove[1]"}},
	"HTTPRoute, response": {"in": modifier({"responseHeaderModifier": {"add": [{"name": "x-higress-fallback-from", "value": "a"}]}}), "want": {"spec.rules[0].filters[0].responseHeaderModifier.add[0].name"}},
	"HTTPRoute, backend": {
		"in": f.member(f.httproute({"rules": [{"backendRefs": [{"name": "web", "filters": [{"requestHeaderModifier": {"add": [{"name": "x-dev-group", "value": "a"}]}}]}]}]})),
		"want": {"spec.rules[0].backendRefs[0].filters[0].requestHeaderModifier.add[0].name"},
	},
	"HTTPRoute, match": {"in": matched("x-higress-fallback-from"), "want": {"spec.rules[0].matches[0].headers[1].name"}},
	"HTTPRoute, match of the model": {"in": matched("x-higress-llm-model"), "want": set()},
	"an admin": {"in": f.create(f.annotated({}, {add: "x-mse-consumer a"}), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
