package tollgate.baseline.wasmplugin_registry_test

import data.tollgate.baseline.wasmplugin_registry as policy
import data.tollgate.testing

url(object_, text) := testing.changed(object_, [{"op": "add", "path": "/spec/url", "value": text}])

test_allowed_registries if {
	fields("Admin", testing.guard) == set()
	fields("Member", testing.transformer) == set()
	fields("Controller", testing.transformer) == set()
	fields("Admin", url(testing.guard, "HIGRESS-registry.cn-hangzhou.cr.aliyuncs.com/plugins/x:1")) == set()
}

test_other_registries if {
	every text in [
		"oci://evil.example/plugins/x:1",
		"oci://registry.acme.example.evil.example/plugins/x:1",
		"oci://registry.acme.example/pluginsx/x:1",
		"oci://registry.other.example/x:1",
		"oci://localhost:5000/x:1",
		"plugins/x:1",
		"x:1",
		"x",
		"https://evil.example/x.wasm",
	] {
		fields("Member", url(testing.transformer, text)) == {"spec.url"}
	}
}

test_of_another_organization if fields("Admin", url(testing.guard, "oci://registry.acme.example/plugins/x:1")) == {"spec.url"}

test_urls_that_are_not_plain if {
	every text in [
		"oci://registry.acme.example@evil.example/plugins/x:1",
		"oci://registry.acme.example/plugins/../../x:1",
		"oci://registry.acme.example/plugins/x?y=1",
		"oci://registry.acme.example/plugins/x@sha256:AAAA",
		"registry.acme.example/plugins/x#y",
		"https://user@registry.acme.example/plugins/x.wasm",
		"x:80",
		"",
	] {
		fields("Member", url(testing.transformer, text)) == {"spec.url"}
	}
}

test_no_spec if fields("Admin", testing.changed(testing.guard, [{"op": "remove", "path": "/spec"}])) == {"spec.url"}

test_schemes_are_judged_elsewhere if fields("Admin", url(testing.guard, "file:///plugins/x.wasm")) == set()

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-registry", standing, "CREATE", written)
}
