package tollgate.baseline.higress_http2rpc_test

import data.tollgate.baseline.higress_http2rpc as policy
import data.tollgate.testing

rpc(namespace) := {"apiVersion": "networking.higress.io/v1", "kind": "Http2Rpc", "metadata": {"name": "x", "namespace": namespace}, "spec": {}}

test_operators_pass if {
	every standing in ["Admin", "Controller", "Console", "System"] {
		fields(standing, rpc("higress-system")) == set()
	}
}

test_tenants if {
	every standing in ["Member", "Delegate", "Stranger"] {
		fields(standing, rpc("acme-chat")) == {""}
		fields(standing, rpc("higress-system")) == {""}
	}
}

# Whoever empties a namespace that is being deleted, and whoever takes a finalizer away, says nothing about the gateway.
test_what_says_nothing if {
	ending := object.union(testing.ask("higress-http2rpc", "Member", "DELETE", rpc("acme-chat")), {"subject": {"terminating": true}})
	count(policy.violation) == 0 with input as ending
	released := testing.update("higress-http2rpc", "Member", object.union(rpc("acme-chat"), {"metadata": {"finalizers": ["x.example/y"]}}), rpc("acme-chat"))
	count(policy.violation) == 0 with input as released
}

test_what_says_something if {
	deleted := testing.ask("higress-http2rpc", "Member", "DELETE", rpc("acme-chat"))
	count(policy.violation) == 1 with input as deleted
	changed := testing.update("higress-http2rpc", "Member", rpc("acme-chat"), object.union(rpc("acme-chat"), {"spec": {"a": "b"}}))
	count(policy.violation) == 1 with input as changed
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("higress-http2rpc", standing, "CREATE", written)
}
