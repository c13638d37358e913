package tollgate.baseline.mcpbridge_allowlist_test

import data.tollgate.baseline.mcpbridge_allowlist as policy
import data.tollgate.testing

test_without_a_list_all_pass if fields("Admin", testing.bridge) == set()

test_with_a_list if {
	fields("Admin", testing.bridge) == set() with data.tollgate.settings.registries.allowed as [".openai.com", "10.0.0.0/8"]
	fields("Admin", testing.bridge) == set() with data.tollgate.settings.registries.allowed as ["api.openai.com", "10.0.0.0/29", "10.0.0.8/32"]
	fields("Admin", testing.bridge) == {"spec.registries[0].domain"} with data.tollgate.settings.registries.allowed as ["openai.com", "10.0.0.0/8"]
	fields("Admin", testing.bridge) == {"spec.registries[1].domain"} with data.tollgate.settings.registries.allowed as [".openai.com", "192.168.0.0/16"]
}

test_ipv6 if {
	six := testing.with_spec(testing.bridge, {"registries": [{"name": "x", "type": "static", "domain": "[2001:db8::1]:80"}]})
	fields("Admin", six) == set() with data.tollgate.settings.registries.allowed as ["2001:db8::/32"]
	fields("Admin", six) == {"spec.registries[0].domain"} with data.tollgate.settings.registries.allowed as ["10.0.0.0/8"]
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("mcpbridge-allowlist", standing, "CREATE", written)
}
