package tollgate.baseline.route_plugins_test

import data.tollgate.baseline.route_plugins as policy
import data.tollgate.testing

ingress(namespace) := {
	"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
	"metadata": {"name": "web", "namespace": namespace, "annotations": {"higress.io/destination": "llm-acme-oai.dns:443"}},
	"spec": {"ingressClassName": "higress", "rules": [{"host": "acme.example"}]},
}

fields(standing, object_) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("route-plugins", standing, "CREATE", object_)
		with data.tollgate.tenant_rule as {
			"acme-chat/web": {"acme-transformer": {"url": testing.transformer.spec.url, "sha256": ""}},
			"acme-data/web": {"acme-prompt": {"url": testing.prompt.spec.url, "sha256": ""}},
		}
}

test_a_plugin_waits if {
	every standing in ["Controller", "Admin", "Member"] {
		fields(standing, ingress("acme-chat")) == {"metadata.annotations[higress.io/destination]"}
	}
}

test_a_safe_plugin_may_wait if fields("Controller", ingress("acme-data")) == set()

test_no_plugin_waits if fields("Controller", ingress("other-chat")) == set()

test_an_unmetered_route if fields("Member", testing.changed(ingress("acme-chat"), [{"op": "remove", "path": "/metadata/annotations"}])) == set()

test_nothing_of_ours if fields("Member", testing.changed(ingress("acme-chat"), [{"op": "replace", "path": "/spec/ingressClassName", "value": "nginx"}])) == set()
