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

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("higress-envoyfilter", standing, "CREATE", written)
}
