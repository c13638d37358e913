package tollgate.baseline.wasmplugin_platform_test

import data.tollgate.baseline.wasmplugin_platform as policy
import data.tollgate.testing

test_keepers_pass if {
	every standing in ["Admin", "Controller", "System", "Nobody"] {
		fields(standing, testing.guard) == set()
	}
}

test_guards if {
	every standing in ["Member", "Delegate", "Stranger", "Console"] {
		every operation in ["CREATE", "DELETE"] {
			violations := policy.violation with input as testing.ask("wasmplugin-platform", standing, operation, testing.guard)
			testing.fields(violations) == {"metadata.name"}
		}
		changed := policy.violation with input as testing.update("wasmplugin-platform", standing, testing.guard, testing.guard)
		testing.fields(changed) == {"metadata.name"}
	}
}

test_platform_plugins if {
	proxy := testing.changed(testing.guard, [{"op": "add", "path": "/metadata/name", "value": "tollgate-proxy"}])
	every standing in ["Member", "Delegate", "Stranger", "Console"] {
		every operation in ["CREATE", "DELETE"] {
			violations := policy.violation with input as testing.ask("wasmplugin-platform", standing, operation, proxy)
			testing.fields(violations) == {"metadata.name"}
		}
	}
	every standing in ["Admin", "Controller", "System", "Nobody"] {
		fields(standing, proxy) == set()
	}
}

test_plugins_of_the_console if fields("Console", testing.changed(testing.guard, [{"op": "add", "path": "/metadata/name", "value": "ai-statistics-2.0.1"}])) == set()

test_a_label_does_not_make_it_mine if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/metadata/name", "value": "tollgate-auth"}])) == {"metadata.name"}

test_elsewhere if fields("Member", testing.changed(testing.guard, [{"op": "add", "path": "/metadata/namespace", "value": "acme-chat"}])) == set()

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-platform", standing, "CREATE", written)
}
