package tollgate.baseline.mutation_default_config_test

import data.tollgate.baseline.mutation_default_config as policy
import data.tollgate.testing

path := "/spec/defaultConfigDisable"

fresh := testing.changed(testing.transformer, [{"op": "remove", "path": "/spec/defaultConfigDisable"}])

test_new_with_rules_only if mutations("Member", "CREATE", fresh) == {[path, true]}

test_not_an_existing_one if mutations("Member", "UPDATE", fresh) == set()

test_what_is_there_stays if {
	mutations("Member", "CREATE", testing.changed(fresh, [{"op": "add", "path": path, "value": false}])) == set()
	mutations("Member", "CREATE", testing.changed(fresh, [{"op": "add", "path": "/spec/defaultConfig", "value": {}}])) == set()
	mutations("Member", "CREATE", testing.changed(fresh, [{"op": "add", "path": "/spec/pluginConfig", "value": {}}])) == set()
}

test_no_rules if mutations("Admin", "CREATE", testing.changed(fresh, [{"op": "remove", "path": "/spec/matchRules"}])) == set()

test_never_authentication if {
	every patches in [
		[{"op": "remove", "path": "/spec/defaultConfig"}],
		[{"op": "remove", "path": "/spec/defaultConfig"}, {"op": "replace", "path": "/metadata/name", "value": "x"}],
		[{"op": "remove", "path": "/spec/defaultConfig"}, {"op": "replace", "path": "/spec/url", "value": "registry.example/x:1"}, {"op": "replace", "path": "/metadata/name", "value": "key-auth.internal"}],
		[{"op": "remove", "path": "/spec/defaultConfig"}, {"op": "replace", "path": "/spec/url", "value": "registry.example/x:1"}],
	] {
		mutations("Admin", "CREATE", testing.changed(testing.key_auth, patches)) == set()
	}
}

# mutations are those of a request, [path, value] each.
mutations(standing, operation, written) := found if {
	wanted := policy.mutation with input as testing.ask("mutation-default-config", standing, operation, written)
	found := {[m.path, m.value] | some m in wanted}
}
