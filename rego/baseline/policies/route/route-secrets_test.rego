package tollgate.baseline.route_secrets_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_secrets

got(request) := f.fields(violations) if {
	violations := route_secrets.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
}

with_annotation(key, value) := f.member(f.annotated(f.host("www.acme.example"), {key: value}))

field(key) := {sprintf("metadata.annotations[%s]", [key])}

tls(name) := f.member(f.ingress({"tls": [{"secretName": name}]}))

cases := {
	"own": {"in": with_annotation("higress.io/proxy-ssl-secret", "tls"), "want": set()},
	"own, with namespace": {"in": with_annotation("nginx.ingress.kubernetes.io/auth-tls-secret", "acme-search/ca"), "want": set()},
	"of another": {"in": with_annotation("nginx.ingress.kubernetes.io/auth-tls-secret", "globex-research/ca"), "want": field("nginx.ingress.kubernetes.io/auth-tls-secret")},
	"of the gateway": {"in": with_annotation("higress.io/proxy-ssl-secret", "higress-system/tls"), "want": field("higress.io/proxy-ssl-secret")},
	"of basic auth": {"in": with_annotation("higress.io/auth-secret", "kube-system/x"), "want": field("higress.io/auth-secret")},
	"two slashes": {"in": with_annotation("higress.io/proxy-ssl-secret", "acme-chat/kube-system/x"), "want": field("higress.io/proxy-ssl-secret")},
	"TLS": {"in": tls("web-tls"), "want": set()},
	"TLS of another": {"in": tls("globex-research/web-tls"), "want": {"spec.tls[0].secretName"}},
	"unowned namespace": {
		"in": f.create(f.in_namespace(f.annotated({}, {"higress.io/proxy-ssl-secret": "acme-chat/tls"}), "shop"), "Stranger"),
		"want": field("higress.io/proxy-ssl-secret"),
	},
	"an admin": {"in": f.create(f.annotated({}, {"higress.io/proxy-ssl-secret": "kube-system/x"}), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
