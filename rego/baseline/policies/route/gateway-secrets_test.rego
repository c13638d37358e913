package tollgate.baseline.gateway_secrets_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.gateway_secrets

got(request) := f.fields(violations) if {
	violations := gateway_secrets.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.host_owner as f.host_owner
		with data.tollgate.gateway as f.gateway
		with data.tollgate.gateway_class as f.gateway_class
		with data.tollgate.granted as f.certificate_grants
}

certificates(refs) := f.gateway_object([{"name": "l", "tls": {"certificateRefs": refs, "frontendValidation": {"caCertificateRefs": refs}}}])

both(i) := {sprintf("spec.listeners[0].tls.certificateRefs[%d]", [i]), sprintf("spec.listeners[0].tls.frontendValidation.caCertificateRefs[%d]", [i])}

cases := {
	"own": {"in": f.member(certificates([{"name": "tls"}, {"name": "tls", "namespace": "acme-search"}])), "want": set()},
	"of another": {"in": f.member(certificates([{"name": "tls"}, {"name": "tls", "namespace": "globex-research"}])), "want": both(1)},
	"granted": {"in": f.member(certificates([{"name": "granted", "namespace": "globex-research"}])), "want": set()},
	"not granted to a ListenerSet": {
		"in": f.member(f.listener_set("shared", [{"tls": {"certificateRefs": [{"name": "granted", "namespace": "globex-research"}]}}])),
		"want": {"spec.listeners[0].tls.certificateRefs[0]"},
	},
	"of an XListenerSet": {
		"in": f.member(f.x_listener_set("shared", [{"tls": {"certificateRefs": [{"name": "tls", "namespace": "globex-research"}]}}])),
		"want": {"spec.listeners[0].tls.certificateRefs[0]"},
	},
	"towards backends": {
		"in": f.member(object.union(f.gateway_object([]), {"spec": {"tls": {"backend": {"clientCertificateRef": {"name": "tls", "namespace": "higress-system"}}}}})),
		"want": {"spec.tls.backend.clientCertificateRef"},
	},
	"of authorities for a port, and for all": {
		"in": f.member(object.union(f.gateway_object([]), {"spec": {"tls": {"frontend": {
			"default": {"validation": {"caCertificateRefs": [{"kind": "ConfigMap", "name": "ca"}, {"kind": "ConfigMap", "name": "ca", "namespace": "globex-research"}]}},
			"perPort": [{"port": 443, "tls": {"validation": {"caCertificateRefs": [{"kind": "Secret", "name": "ca", "namespace": "higress-system"}]}}}],
		}}}})),
		"want": {"spec.tls.frontend.default.validation.caCertificateRefs[1]", "spec.tls.frontend.perPort[0].tls.validation.caCertificateRefs[0]"},
	},
	"an admin": {"in": f.create(certificates([{"name": "tls", "namespace": "kube-system"}]), "Admin"), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
