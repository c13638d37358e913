package tollgate.baseline.route_metered_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_metered

got(request) := f.fields(violations) if {
	violations := route_metered.violation with input as object.union(request, {"parameters": data.testing.parameters["route-metered"]})
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.gateway as f.gateway
}

bridge := {"rules": [{"host": "www.acme.example", "http": {"paths": [{"path": "/v1", "backend": {"resource": {"apiGroup": "networking.higress.io", "kind": "McpBridge", "name": "default"}}}]}}]}

hostname := [{"group": "networking.istio.io", "kind": "Hostname", "name": "llm-acme.internal.dns"}]

metered(annotations) := f.member(f.annotated(bridge, annotations))

cases := {
	"nothing": {"in": metered({"higress.io/timeout": "60"}), "want": set()},
	"a rewrite": {"in": metered({"nginx.ingress.kubernetes.io/rewrite-target": "/v1/chat/completions"}), "want": {"metadata.annotations[nginx.ingress.kubernetes.io/rewrite-target]"}},
	"retries": {"in": metered({"higress.io/proxy-next-upstream": "http_200", "higress.io/proxy-next-upstream-tries": "9"}), "want": {"metadata.annotations[higress.io/proxy-next-upstream]", "metadata.annotations[higress.io/proxy-next-upstream-tries]"}},
	"the same again after an error": {"in": metered({"higress.io/default-backend": "web", "nginx.ingress.kubernetes.io/custom-http-errors": "500"}), "want": {"metadata.annotations[higress.io/default-backend]", "metadata.annotations[nginx.ingress.kubernetes.io/custom-http-errors]"}},
	"switched off": {"in": metered({"higress.io/disabled.rewrite-target": "/"}), "want": set()},
	"a plain route": {"in": f.member(f.annotated(f.host("www.acme.example"), {"higress.io/rewrite-target": "/"})), "want": set()},
	"an HTTPRoute": {"in": f.member(f.httproute({"rules": [{"backendRefs": hostname, "filters": [{"type": "URLRewrite"}, {"type": "RequestHeaderModifier"}]}]})), "want": {"spec.rules[0].filters[0]"}},
	"retries of an HTTPRoute": {"in": f.member(f.httproute({"rules": [{"backendRefs": hostname, "retry": {"attempts": 3}}]})), "want": {"spec.rules[0].retry"}},
	"a plain HTTPRoute": {"in": f.member(f.httproute({"rules": [{"backendRefs": [{"name": "web"}], "filters": [{"type": "URLRewrite"}], "retry": {}}]})), "want": set()},
	"the controller": {"in": f.create(f.annotated(bridge, {"higress.io/rewrite-target": "/"}), "Controller"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
