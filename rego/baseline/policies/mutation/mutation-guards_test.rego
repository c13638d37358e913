package tollgate.baseline.mutation_guards_test

import data.tollgate.baseline.mutation_guards as policy
import data.tollgate.testing

test_a_complete_guard_stays if mutations("Admin", "UPDATE", testing.guard) == set()

test_what_is_missing if {
	bare := testing.changed(testing.guard, [{"op": "remove", "path": "/spec/failStrategy"}, {"op": "remove", "path": "/spec/vmConfig"}])
	mutations("Controller", "CREATE", bare) == {
		["/spec/failStrategy", "FAIL_CLOSE"],
		["/spec/vmConfig/env", [{"name": "WASM_DISABLE_PANIC_RECOVERY", "value": "true"}]],
	}
}

test_a_list_is_not_added_to if mutations("Admin", "CREATE", testing.changed(testing.guard, [{"op": "add", "path": "/spec/vmConfig/env", "value": [{"name": "A", "value": "1"}]}])) == set()

test_a_strategy_is_not_changed if mutations("Admin", "CREATE", testing.changed(testing.guard, [{"op": "add", "path": "/spec/failStrategy", "value": "FAIL_OPEN"}])) == set()

test_others_are_left_alone if mutations("Member", "CREATE", testing.changed(testing.transformer, [{"op": "remove", "path": "/spec/failStrategy"}])) == set()

# mutations are those of a request, [path, value] each.
mutations(standing, operation, written) := found if {
	wanted := policy.mutation with input as testing.ask("mutation-guards", standing, operation, written)
	found := {[m.path, m.value] | some m in wanted}
}
