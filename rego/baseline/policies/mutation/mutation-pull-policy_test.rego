package tollgate.baseline.mutation_pull_policy_test

import data.tollgate.baseline.mutation_pull_policy as policy
import data.tollgate.testing

test_by_digest if mutations("Admin", "CREATE", testing.guard) == {["/spec/imagePullPolicy", "IfNotPresent"]}

test_what_is_there_stays if {
	every policy_ in ["Always", "UNSPECIFIED_POLICY", "IfNotPresent"] {
		mutations("Admin", "CREATE", testing.changed(testing.guard, [{"op": "add", "path": "/spec/imagePullPolicy", "value": policy_}])) == set()
	}
}

test_tags_are_left_alone if mutations("Admin", "CREATE", testing.changed(testing.guard, [{"op": "add", "path": "/spec/url", "value": "registry.example/x:latest"}])) == set()

# mutations are those of a request, [path, value] each.
mutations(standing, operation, written) := found if {
	wanted := policy.mutation with input as testing.ask("mutation-pull-policy", standing, operation, written)
	found := {[m.path, m.value] | some m in wanted}
}
