package tollgate.baseline.wasmplugin_digest_console_test

import data.tollgate.baseline.wasmplugin_digest_console as policy
import data.tollgate.testing

test_tag_of_the_console if {
	tagged := testing.changed(testing.guard, [{"op": "add", "path": "/spec/url", "value": "registry.example/x:1"}])
	fields("Console", tagged) == {"spec.url"}
	fields("Console", testing.guard) == set()
	fields("Admin", tagged) == set()
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-digest-console", standing, "CREATE", written)
}
