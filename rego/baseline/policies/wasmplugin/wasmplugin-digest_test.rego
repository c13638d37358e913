package tollgate.baseline.wasmplugin_digest_test

import data.tollgate.baseline.wasmplugin_digest as policy
import data.tollgate.testing

url(text) := testing.changed(testing.guard, [{"op": "add", "path": "/spec/url", "value": text}])

test_digest_passes if {
	fields("Admin", testing.guard) == set()
	fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/sha256", "value": "3333333333333333333333333333333333333333333333333333333333333333"}])) == set()
	fields("Admin", testing.changed(url("registry.example/x:1"), [{"op": "add", "path": "/spec/sha256", "value": "3333333333333333333333333333333333333333333333333333333333333333"}])) == set()
}

test_tags if {
	every text in ["registry.example/x:1", "oci://registry.example/x", "https://registry.example/x.wasm"] {
		fields("Admin", url(text)) == {"spec.url"}
		fields("Controller", url(text)) == {"spec.url"}
		fields("Console", url(text)) == set()
	}
}

test_digests_that_differ if fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/sha256", "value": "9999999999999999999999999999999999999999999999999999999999999999"}])) == {"spec.sha256"}

test_no_sha256 if {
	every text in ["sha256:3333333333333333333333333333333333333333333333333333333333333333", "33", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
		fields("Admin", testing.changed(testing.guard, [{"op": "add", "path": "/spec/sha256", "value": text}])) == {"spec.sha256"}
	}
}

test_update_that_says_nothing_new if {
	tagged := url("registry.example/x:1")
	finalized := testing.changed(tagged, [{"op": "add", "path": "/metadata/finalizers", "value": []}])
	same := policy.violation with input as testing.update("wasmplugin-digest", "Admin", tagged, finalized)
	same == set()
	labelled := testing.changed(tagged, [{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}])
	changed := policy.violation with input as testing.update("wasmplugin-digest", "Admin", tagged, labelled)
	testing.fields(changed) == {"spec.url"}
	noted := testing.changed(tagged, [{"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}}])
	annotated := policy.violation with input as testing.update("wasmplugin-digest", "Admin", tagged, noted)
	testing.fields(annotated) == {"spec.url"}
	other := policy.violation with input as testing.update("wasmplugin-digest", "Admin", testing.guard, tagged)
	testing.fields(other) == {"spec.url"}
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-digest", standing, "CREATE", written)
}
