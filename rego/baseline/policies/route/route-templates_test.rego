package tollgate.baseline.route_templates_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_templates

got(request) := f.fields(violations) if {
	violations := route_templates.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
}

with_annotation(key, value) := f.member(f.annotated(f.host("www.acme.example"), {key: value}))

field(key) := {sprintf("metadata.annotations[%s]", [key])}

cases := {
	"none": {"in": with_annotation("higress.io/timeout", "$5 {a}"), "want": set()},
	"annotation": {"in": with_annotation("higress.io/timeout", "${secret.a.b}"), "want": field("higress.io/timeout")},
	"annotation that the gateway does not read": {"in": with_annotation("example.org/x", "${a.b.c}"), "want": field("example.org/x")},
	"label": {"in": f.member(object.union(f.ingress({}), {"metadata": {"labels": {"a": "${b"}}})), "want": {"metadata.labels.a"}},
	"path": {"in": f.member(f.ingress({"rules": [{"host": "www.acme.example", "http": {"paths": [f.service_path("/${secret.x.y}")]}}]})), "want": {"spec.rules[0].http.paths[0].path"}},
	"HTTPRoute filter": {
		"in": f.member(f.httproute({"rules": [{"filters": [{"requestHeaderModifier": {"set": [{"name": "a", "value": "${secret.globex-research/k.v}"}]}}]}]})),
		"want": {"spec.rules[0].filters[0].requestHeaderModifier.set[0].value"},
	},
	"Gateway": {"in": f.member(f.gateway_object([{"name": "${a.b.c}"}])), "want": {"spec.listeners[0].name"}},
	"XListenerSet": {"in": f.member(f.x_listener_set("shared", [{"name": "${a.b.c}"}])), "want": {"spec.listeners[0].name"}},
	"TLSRoute": {"in": f.nobodys(object.union(f.httproute({"rules": [{"name": "${a.b.c}"}]}), {"kind": "TLSRoute"})), "want": {"spec.rules[0].name"}},
	"status is not the requester's": {"in": f.member(object.union(f.ingress({}), {"status": {"a": "${b}"}})), "want": set()},
	"unowned namespace": {"in": f.create(f.in_namespace(f.annotated({}, {"a": "${secret.x.y}"}), "shop"), "Stranger"), "want": {"metadata.annotations.a"}},
	"an admin": {"in": f.create(f.annotated({}, {"a": "${secret.x.y}"}), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
