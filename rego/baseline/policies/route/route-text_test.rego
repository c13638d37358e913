package tollgate.baseline.route_text_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_text

got(request) := f.fields(violations) if {
	violations := route_text.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
}

with_annotation(key, value) := f.member(f.annotated(f.host("www.acme.example"), {key: value}))

field(key) := {sprintf("metadata.annotations[%s]", [key])}

route(value) := f.member(f.httproute({"rules": [{"matches": [{"path": {"value": value}}]}]}))

cases := {
	"plain": {"in": with_annotation("higress.io/timeout", "5"), "want": set()},
	"lines where lines belong": {"in": with_annotation("higress.io/destination", "50% a.dns:80\n50% b.dns:80\n"), "want": set()},
	"carriage return": {"in": with_annotation("higress.io/destination", "a.dns:80\r\nb.dns:80"), "want": field("higress.io/destination")},
	"newline": {"in": with_annotation("higress.io/rewrite-target", "/\nx"), "want": field("higress.io/rewrite-target")},
	"escape": {"in": with_annotation("nginx.ingress.kubernetes.io/timeout", "5\u0000"), "want": field("nginx.ingress.kubernetes.io/timeout")},
	"line separator": {"in": with_annotation("higress.io/timeout", "5\u2028"), "want": field("higress.io/timeout")},
	"not of the gateway": {"in": with_annotation("example.org/notes", "a\nb"), "want": set()},
	"path": {"in": route("/a\nb"), "want": {"spec.rules[0].matches[0].path.value"}},
	"path with a delete": {"in": route("/a\u007f"), "want": {"spec.rules[0].matches[0].path.value"}},
	"path with quotes, backslashes and HTML": {"in": route(`/a"\n<b>&`), "want": set()},
	"Gateway": {"in": f.member(f.gateway_object([{"name": "a\tb"}])), "want": {"spec.listeners[0].name"}},
	"an XListenerSet": {"in": f.member(f.x_listener_set("shared", [{"name": "a\tb"}])), "want": {"spec.listeners[0].name"}},
	"a TLSRoute": {"in": f.member(object.union(f.httproute({"hostnames": ["a\n"]}), {"kind": "TLSRoute"})), "want": {"spec.hostnames[0]"}},
	"a tenant's snippet": {"in": with_annotation("nginx.ingress.kubernetes.io/server-snippet", "a;\nb;"), "want": field("nginx.ingress.kubernetes.io/server-snippet")},
	"unowned namespace": {"in": f.nobodys(f.annotated(f.host("shop.example"), {"higress.io/timeout": "5"})), "want": set()},
	"unowned namespace, annotation": {"in": f.nobodys(f.annotated(f.host("shop.example"), {"higress.io/rewrite-target": "/\nx"})), "want": field("higress.io/rewrite-target")},
	"unowned namespace, header's value": {"in": f.nobodys(f.httproute({"rules": [{"filters": [{"requestHeaderModifier": {"set": [{"name": "a", "value": "b\nc"}]}}]}]})), "want": {"spec.rules[0].filters[0].requestHeaderModifier.set[0].value"}},
	"unowned namespace, nginx's snippet": {"in": f.nobodys(f.annotated(f.host("shop.example"), {"nginx.ingress.kubernetes.io/configuration-snippet": "a;\nb;\n"})), "want": set()},
	"unowned namespace, another class": {"in": f.nobodys(f.annotated({"ingressClassName": "nginx"}, {"higress.io/rewrite-target": "/\nx"})), "want": set()},
	"an admin": {"in": f.create(f.annotated({}, {"higress.io/rewrite-target": "/\n"}), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
