# METADATA
# title: Http2Rpc objects are the platform's
# description: >-
#   An Http2Rpc turns any path of the gateway into calls of an RPC service, wherever that service is, and it is not
#   bound to a route of its own namespace.
# custom:
#   id: higress-http2rpc
#   severity: High
#   remedy: Ask a platform administrator to write the object, or serve plain HTTP and use an Ingress.
#   match:
#     kinds: [{apiGroups: [networking.higress.io], kinds: [Http2Rpc]}]
#     operations: [CREATE, UPDATE, DELETE]
package tollgate.baseline.higress_http2rpc

import data.tollgate.lib.scope
import data.tollgate.lib.subject

violation contains {"msg": msg, "details": {"field": ""}} if {
	input.review.kind.kind == "Http2Rpc"
	scope.asks
	not subject.operator
	msg := "Only platform administrators, Tollgate's controller and the Higress console write Http2Rpc objects."
}
