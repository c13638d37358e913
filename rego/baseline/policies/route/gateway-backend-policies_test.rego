package tollgate.baseline.gateway_backend_policies_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.gateway_backend_policies

got(request) := f.fields(violations) if {
	violations := gateway_backend_policies.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
}

uri := "spec.validation.subjectAltNames[0].uri"

policy(name) := {
	"apiVersion": "gateway.networking.k8s.io/v1",
	"kind": "BackendTLSPolicy",
	"metadata": {"name": "web", "namespace": "acme-chat", "annotations": {"note": "${x}"}},
	"spec": {
		"targetRefs": [{"group": "", "kind": "Service", "name": "web"}],
		"validation": {"hostname": "web.acme.example", "wellKnownCACertificates": "System", "subjectAltNames": [{"type": "URI", "uri": name}]},
	},
}

traffic(constraint) := {
	"kind": "XBackendTrafficPolicy", "metadata": {"name": "web", "namespace": "acme-chat"},
	"spec": {"targetRefs": [{"group": "", "kind": "Service", "name": "web"}], "retryConstraint": constraint},
}

cases := {
	"plain": {"in": f.member(policy("spiffe://acme.example/web")), "want": set()},
	"a template": {"in": f.member(policy("spiffe://x/${secret.globex-research/openai.key}")), "want": {uri}},
	"a newline": {"in": f.member(policy("spiffe://x/\n")), "want": {uri}},
	"a namespace of nobody": {"in": f.create(f.in_namespace(policy("spiffe://x/${a.b.c}"), "shop"), "Stranger"), "want": {uri}},
	"an admin": {"in": f.create(policy("spiffe://x/${secret.a.b}"), "Admin"), "want": set()},
	"a cookie of the experiments": {
		"in": f.member({
			"kind": "XBackendTrafficPolicy", "metadata": {"name": "web", "namespace": "acme-chat"},
			"spec": {"sessionPersistence": {"sessionName": "${secret.a/b.c}"}},
		}),
		"want": {"spec.sessionPersistence.sessionName"},
	},
	"a rate of retries": {"in": f.member(traffic({"minRetryRate": {"count": 10, "interval": "1s"}, "budget": {"percent": 20}})), "want": set()},
	"retries as they are by default": {"in": f.member(traffic({})), "want": set()},
	"a rate without a count": {"in": f.member(traffic({"minRetryRate": {"interval": "1s"}})), "want": {"spec.retryConstraint.minRetryRate"}},
	"a budget of nothing": {"in": f.member(traffic({"budget": null})), "want": {"spec.retryConstraint.budget"}},
	"a rate without a count, an admin": {"in": f.create(traffic({"minRetryRate": {}}), "Admin"), "want": set()},
	"nothing new": {"in": object.union(f.member(policy("${")), {"review": {"operation": "UPDATE", "oldObject": policy("${")}}), "want": set()},
}

test_cases if {
	wrong := {name: got(c["in"]) | some name, c in cases; got(c["in"]) != c.want}
	print("wrong:", wrong)
	count({name | some name, c in cases; got(c["in"]) == c.want}) == count(cases)
}
