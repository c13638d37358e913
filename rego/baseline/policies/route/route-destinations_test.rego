package tollgate.baseline.route_destinations_test

import data.tollgate.baseline.fixture_test as f
import data.tollgate.baseline.route_destinations

got(request) := f.fields(violations) if {
	violations := route_destinations.violation with input as request
		with data.tollgate.settings as f.settings
		with data.tollgate.namespace_owner as f.namespace_owner
		with data.tollgate.host_owner as f.host_owner
		with data.tollgate.gateway as f.gateway
		with data.tollgate.mcp_service as f.mcp_service
}

with_annotation(key, value) := f.member(f.annotated(f.host("www.acme.example"), {key: value}))

field(key) := {sprintf("metadata.annotations[%s]", [key])}

dest := "higress.io/destination"

allowed := {
	[dest, "llm-acme.internal.dns:443"],
	[dest, "70% llm-acme.internal.dns:443\n30% llm-acme.internal.dns:443 v2\n"],
	[dest, "web.acme-search.svc.cluster.local:80"],
	[dest, "https://llm-acme.internal.dns:443"],
	["higress.io/upstream-vhost", "www.acme.example"],
	["nginx.ingress.kubernetes.io/upstream-vhost", "web.acme-chat.svc.cluster.local"],
	["higress.io/mirror-target-service", "copy:80"],
	["higress.io/mirror-target-service", "acme-search/copy:8080"],
	["nginx.ingress.kubernetes.io/default-backend", "sorry"],
	["higress.io/disabled.destination", "llm-globex.internal.dns:443"],
}

refused := {
	[dest, "llm-globex.internal.dns:443"],
	[dest, "LLM-GLOBEX.internal.dns:443"],
	[dest, "llm-acme.internal.dns:443\n1% llm-globex.internal.dns:443"],
	[dest, "redis.static:80"],
	[dest, "no-such-service.dns:80"],
	[dest, "web.globex-research.svc.cluster.local:80"],
	[dest, "kubernetes.default.svc"],
	[dest, "web"],
	[dest, "llm-acme.internal.dns\u00a0llm-globex.internal.dns"],
	[dest, "llm-acme.internal.dns, llm-globex.internal.dns"],
	[dest, "50% llm-acme.internal.dns:443\n\n50% llm-acme.internal.dns:443"],
	[dest, "\nllm-acme.internal.dns:443"],
	[dest, "llm-acme.internal.dns:443\n\n"],
	[dest, "\n"],
	["nginx.ingress.kubernetes.io/destination", "llm-globex.internal.dns:443"],
	["higress.io/upstream-vhost", "www.globex.example"],
	["nginx.ingress.kubernetes.io/upstream-vhost", "kubernetes.default.svc"],
	["higress.io/mirror-target-fqdn", "evil.example.org"],
	["nginx.ingress.kubernetes.io/mirror-target-fqdn", "web.globex-research.svc.cluster.local"],
	["higress.io/mirror-target-service", "globex-research/web:80"],
	["higress.io/mirror-target-service", "web"],
	["nginx.ingress.kubernetes.io/mirror-target-service", "web:http"],
	["higress.io/mirror-target-service", "web:0"],
	[dest, sprintf("100%% %s.acme-chat.svc:80", [concat("", ["a" | some _ in numbers.range(1, 1000)])])],
	["nginx.ingress.kubernetes.io/default-backend", "kube-system/kube-dns"],
	["higress.io/default-backend", "a/b/c"],
}

test_allowed if {
	print("refused:", {a | some a in allowed; got(with_annotation(a[0], a[1])) != set()})
	every a in allowed {
		got(with_annotation(a[0], a[1])) == set()
	}
}

test_refused if {
	print("allowed:", {a | some a in refused; got(with_annotation(a[0], a[1])) != field(a[0])})
	every a in refused {
		got(with_annotation(a[0], a[1])) == field(a[0])
	}
}

rewrite(name) := f.member(f.httproute({"rules": [{"filters": [{"type": "URLRewrite", "urlRewrite": {"hostname": name}}]}]}))

test_rewrite if {
	got(rewrite("www.acme.example")) == set()
	got(rewrite("www.globex.example")) == {"spec.rules[0].filters[0].urlRewrite.hostname"}
}

test_admin if got(f.create(f.annotated({}, {dest: "llm-globex.internal.dns:443"}), "Admin")) == set()
