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

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("higress-http2rpc", standing, "CREATE", written)
}
