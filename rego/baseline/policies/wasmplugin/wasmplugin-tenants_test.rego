package tollgate.baseline.wasmplugin_tenants_test

import data.tollgate.baseline.wasmplugin_tenants as policy
import data.tollgate.testing

test_listed_plugin_passes if {
	fields("Member", testing.transformer) == set()
	fields("Delegate", testing.prompt) == set()
}

test_image_that_is_not_listed if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/url", "value": "oci://registry.acme.example/plugins/other@sha256:1111111111111111111111111111111111111111111111111111111111111111"}])) == {"spec.url"}

test_digest_that_is_not_listed if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/url", "value": "oci://registry.acme.example/plugins/transformer@sha256:9999999999999999999999999999999999999999999999999999999999999999"}])) == {"spec.url"}

test_digest_of_another_entry if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/url", "value": "oci://registry.acme.example/plugins/transformer@sha256:2222222222222222222222222222222222222222222222222222222222222222"}])) == {"spec.url"}

test_tag_of_a_listed_image if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/url", "value": "oci://registry.acme.example/plugins/transformer:1.0.0"}])) == {"spec.url"}

test_digest_in_sha256 if fields("Member", testing.with_spec(testing.transformer, {
	"url": "registry.acme.example/plugins/transformer:1.0.0",
	"sha256": "1111111111111111111111111111111111111111111111111111111111111111",
})) == set()

test_own_namespace if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/metadata/namespace", "value": "acme-chat"}])) == {"metadata.namespace"}

test_without_an_organization if {
	unlabelled := testing.changed(testing.transformer, [{"op": "remove", "path": "/metadata/labels"}])
	fields("Stranger", unlabelled) == {"metadata.labels[tollgate.dev/organization]"}
	fields("Admin", unlabelled) == set()
	fields("Nobody", unlabelled) == set()
}

test_delete_of_the_platform_s if {
	not_mine := policy.violation with input as testing.ask("wasmplugin-tenants", "Stranger", "DELETE", testing.guard)
	testing.fields(not_mine) == {"metadata.labels[tollgate.dev/organization]"}
}

test_delete_of_one_s_own if {
	mine := policy.violation with input as testing.ask("wasmplugin-tenants", "Member", "DELETE", testing.transformer)
	mine == set()
}

test_the_platform_is_free if {
	every standing in ["Admin", "Controller", "Console", "System"] {
		fields(standing, testing.guard) == set()
	}
}

test_istio if {
	istio := {"apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin", "metadata": {"name": "x", "namespace": "acme-chat"}, "spec": {}}
	fields("Member", istio) == {""}
	fields("Stranger", testing.changed(istio, [{"op": "add", "path": "/metadata/namespace", "value": "higress-system"}])) == {""}
	fields("Stranger", testing.changed(istio, [{"op": "add", "path": "/metadata/namespace", "value": "free"}])) == set()
	fields("Admin", istio) == set()
	deleted := testing.ask("wasmplugin-tenants", "Member", "DELETE", istio)
	count(policy.violation) == 1 with input as deleted
	count(policy.violation) == 0 with input as object.union(deleted, {"subject": {"terminating": true}})
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-tenants", standing, "CREATE", written)
}
