package tollgate.baseline.wasmplugin_scheme_test

import data.tollgate.baseline.wasmplugin_scheme as policy
import data.tollgate.testing

url(text) := testing.changed(testing.guard, [{"op": "add", "path": "/spec/url", "value": text}])

test_images_pass if {
	every text in ["registry.example/x:1", "oci://registry.example/x:1", "OCI://registry.example/x:1", "https://registry.example/x.wasm"] {
		fields("Admin", url(text)) == set()
	}
}

test_other_urls if {
	every text in ["http://registry.example/x.wasm", "HTTP://x", "file:///plugins/x.wasm", "FILE:///x", "ftp://x/y", " oci://registry.example/x", ""] {
		fields("Admin", url(text)) == {"spec.url"}
	}
}

test_as_the_settings_say if {
	fields("Admin", url("http://plugins.example/x.wasm")) == set() with data.tollgate.settings.plugins.allowPlainHTTP as true
	files := policy.violation with input as object.union(
		testing.ask("wasmplugin-scheme", "Admin", "CREATE", url("file:///x.wasm")),
		{"parameters": {"allowFiles": true}},
	)
	files == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-scheme", standing, "CREATE", written)
}
