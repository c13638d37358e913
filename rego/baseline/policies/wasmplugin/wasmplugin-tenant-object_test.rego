package tollgate.baseline.wasmplugin_tenant_object_test

import data.tollgate.baseline.wasmplugin_tenant_object as policy
import data.tollgate.testing

name(text) := testing.changed(testing.transformer, [{"op": "replace", "path": "/metadata/name", "value": text}])

test_own_names_pass if {
	fields("Member", testing.transformer) == set()
	fields("Member", testing.changed(testing.transformer, [
		{"op": "remove", "path": "/metadata/name"},
		{"op": "add", "path": "/metadata/generateName", "value": "acme-"},
	])) == set()
}

test_other_names if {
	every text in ["transformer", "ai-proxy.internal", "acme-proxy.internal", "acme", "other-x", ""] {
		fields("Member", name(text)) == {"metadata.name"}
	}
}

test_what_is_there_may_change if {
	violations := policy.violation with input as testing.update("wasmplugin-tenant-object", "Member", name("x"), testing.changed(name("x"), [{"op": "add", "path": "/spec/priority", "value": -1}]))
	violations == set()
}

test_labels if {
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/metadata/labels/higress.io~1wasm-plugin-name", "value": "tollgate-budget"}])) == {"metadata.labels[higress.io/wasm-plugin-name]"}
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/metadata/annotations", "value": {"higress.io/wasm-plugin-title": "x"}}])) == {"metadata.annotations[higress.io/wasm-plugin-title]"}
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/metadata/labels/app", "value": "x"}])) == set()
}

test_the_platform_is_free if fields("Console", testing.guard) == set()

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-tenant-object", standing, "CREATE", written)
}
