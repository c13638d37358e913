# METADATA
# title: Tenants route HTTP and gRPC
# description: >-
#   A TLSRoute, TCPRoute or UDPRoute takes a connection before the gateway has seen a host, a path or a caller: no plugin
#   runs, and a port belongs to nobody.
# custom:
#   id: gateway-raw-routes
#   severity: High
#   remedy: Use an HTTPRoute or a GRPCRoute, or ask a platform administrator.
#   match:
#     kinds: [{apiGroups: [gateway.networking.k8s.io], kinds: [TLSRoute, TCPRoute, UDPRoute]}]
package tollgate.baseline.gateway_raw_routes

import data.tollgate.lib.gateway
import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": "spec.parentRefs"}} if {
	input.review.kind.kind in {"TLSRoute", "TCPRoute", "UDPRoute"}
	scope.tenant
	gateway.served(input.review.object)
	scope.writes
	msg := sprintf("A %s of the gateway is not for tenants.", [input.review.kind.kind])
}
