package tollgate.baseline.mcpbridge_registries_test

import data.tollgate.baseline.mcpbridge_registries as policy
import data.tollgate.testing

registries(list) := testing.with_spec(testing.bridge, {"registries": list})

test_ordinary_registries_pass if {
	fields("Admin", testing.bridge) == set()
	fields("Admin", registries([
		{"name": "a", "type": "nacos3", "domain": "nacos"},
		{"name": "a", "type": "dns", "domain": "a.example, b.example."},
		{"name": "b", "type": "static", "domain": "[2001:db8::1]:80"},
	])) == set()
}

test_unknown_type if {
	fields("Admin", registries([{"name": "a", "type": "etcd", "domain": "x"}])) == {"spec.registries[0].type"}
	"spec.registries[0].type" in fields("Admin", registries([{"name": "a"}]))
}

test_no_name if fields("Admin", registries([{"type": "dns", "domain": "a.example"}])) == {"spec.registries[0].name"}

test_one_name_twice if fields("Admin", registries([
	{"name": "a", "type": "dns", "domain": "a.example"},
	{"name": "b", "type": "dns", "domain": "a.example"},
	{"name": "a", "type": "dns", "domain": "b.example"},
])) == {"spec.registries[2].name"}

test_addresses_that_do_not_fit if {
	fields("Admin", registries([{"name": "a", "type": "dns", "domain": "redis"}])) == {"spec.registries[0].domain"}
	fields("Admin", registries([{"name": "a", "type": "dns", "domain": "a.example:443"}])) == {"spec.registries[0].domain"}
	fields("Admin", registries([{"name": "a", "type": "static", "domain": "10.0.0.1"}])) == {"spec.registries[0].domain"}
	fields("Admin", registries([{"name": "a", "type": "static", "domain": "a.example:80"}])) == {"spec.registries[0].domain"}
	fields("Admin", registries([{"name": "a", "type": "nacos"}])) == {"spec.registries[0].domain"}
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("mcpbridge-registries", standing, "CREATE", written)
}
