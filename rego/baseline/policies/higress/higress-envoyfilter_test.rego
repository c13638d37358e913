package tollgate.baseline.higress_envoyfilter_test

import data.tollgate.baseline.higress_envoyfilter as policy
import data.tollgate.testing

filter(namespace) := {"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter", "metadata": {"name": "x", "namespace": namespace}, "spec": {}}

test_operators_pass if {
	every standing in ["Admin", "Controller", "Console", "System", "Nobody"] {
		fields(standing, filter("higress-system")) == set()
	}
}

test_tenants if {
	fields("Member", filter("acme-chat")) == {""}
	fields("Nobody", filter("acme-chat")) == {""}
	fields("Stranger", filter("higress-system")) == {""}
}

test_a_mesh_is_none_of_our_business if fields("Stranger", filter("free")) == set()

# Whoever empties a namespace that is being deleted, and whoever takes a finalizer away, says nothing about the gateway.
test_what_says_nothing if {
	ending := object.union(testing.ask("higress-envoyfilter", "Member", "DELETE", filter("acme-chat")), {"subject": {"terminating": true}})
	count(policy.violation) == 0 with input as ending
	released := testing.update("higress-envoyfilter", "Member", object.union(filter("acme-chat"), {"metadata": {"finalizers": ["x.example/y"]}}), filter("acme-chat"))
	count(policy.violation) == 0 with input as released
}

test_what_says_something if {
	deleted := testing.ask("higress-envoyfilter", "Member", "DELETE", filter("acme-chat"))
	count(policy.violation) == 1 with input as deleted
	changed := testing.update("higress-envoyfilter", "Member", filter("acme-chat"), object.union(filter("acme-chat"), {"spec": {"a": "b"}}))
	count(policy.violation) == 1 with input as changed
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("higress-envoyfilter", standing, "CREATE", written)
}
