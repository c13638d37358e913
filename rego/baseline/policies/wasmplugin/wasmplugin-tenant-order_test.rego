package tollgate.baseline.wasmplugin_tenant_order_test

import data.tollgate.baseline.wasmplugin_tenant_order as policy
import data.tollgate.testing

test_below_the_guards if {
	fields("Member", testing.transformer) == set()
	fields("Member", testing.prompt) == set()
	fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/phase", "value": "UNSPECIFIED_PHASE"}])) == set()
}

test_earlier_phase if {
	every phase in ["AUTHN", "AUTHZ", "STATS"] {
		"spec.phase" in fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/phase", "value": phase}]))
	}
}

test_above_what_the_entry_allows if fields("Member", testing.changed(testing.transformer, [{"op": "add", "path": "/spec/priority", "value": 1}])) == {"spec.priority"}

test_an_image_that_is_not_listed if fields("Member", testing.changed(testing.prompt, [{"op": "add", "path": "/spec/url", "value": "registry.example/x:1"}])) == set()

test_not_below_a_guard if {
	fields("Member", testing.prompt) == {"spec.priority"} with data.tollgate.wasm_plugin as {"tollgate-budget": {"priority": 150}}
	fields("Member", testing.transformer) == {"spec.priority"} with data.tollgate.wasm_plugin as {"tollgate-budget": {"phase": "UNSPECIFIED_PHASE", "priority": null}}
	fields("Member", testing.prompt) == set() with data.tollgate.wasm_plugin as {"tollgate-budget": {"priority": 151}}
	fields("Member", testing.prompt) == set() with data.tollgate.wasm_plugin as {"tollgate-budget": {"phase": "STATS"}, "tollgate-auth": {"phase": "AUTHZ"}}
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("wasmplugin-tenant-order", standing, "CREATE", written)
}
