# METADATA
# title: Tenants route HTTP and gRPC
# description: >-
#   A TLSRoute, TCPRoute or UDPRoute takes a connection before the gateway has seen a host, a path or a caller: no plugin
#   runs, and a port belongs to nobody. In a namespace of no organization only a TLSRoute is left, for hosts of no
#   organization and to Services that its author may name.
# custom:
#   id: gateway-raw-routes
#   severity: High
#   remedy: Use an HTTPRoute or a GRPCRoute, or ask a platform administrator.
#   match:
#     kinds: [{apiGroups: [gateway.networking.k8s.io], kinds: [TLSRoute, TCPRoute, UDPRoute]}]
package tollgate.baseline.gateway_raw_routes

import data.tollgate.lib.hosts
import data.tollgate.lib.manifest
import data.tollgate.lib.routes
import data.tollgate.lib.scope
import data.tollgate.lib.targets

violation contains {"msg": msg, "details": {"field": "spec.parentRefs"}} if {
	routes.raw
	scope.tenant
	msg := sprintf("A %s of the gateway is not for tenants.", [input.review.kind.kind])
}

violation contains {"msg": msg, "details": {"field": "spec.parentRefs"}} if {
	routes.raw
	scope.ownerless
	input.review.kind.kind != "TLSRoute"
	msg := sprintf("A %s takes a port of the gateway, whoever's requests come to it.", [input.review.kind.kind])
}

violation contains {"msg": msg, "details": {"field": sprintf("spec.hostnames[%d]", [i])}} if {
	routes.raw
	scope.ownerless
	some i, name in input.review.object.spec.hostnames
	msg := hosts.refusal(name)
}

violation contains {"msg": "Without a host it would take the connections to every organization's.", "details": {"field": "spec.hostnames"}} if {
	routes.raw
	scope.ownerless
	input.review.kind.kind == "TLSRoute"
	takes_all
}

takes_all if count(manifest.list(input.review.object.spec, "hostnames")) == 0

takes_all if {
	some name in input.review.object.spec.hostnames
	hosts.every_host(name)
}

violation contains {"msg": msg, "details": {"field": sprintf("spec.rules[%d].backendRefs[%d]", [i, j])}} if {
	routes.raw
	scope.ownerless
	some i, rule in input.review.object.spec.rules
	some j, ref in rule.backendRefs
	not own_service(ref)
	msg := sprintf("%q is no Service of the namespace, and no ReferenceGrant allows it.", [ref.name])
}

own_service(ref) if {
	object.get(ref, "group", "") == ""
	object.get(ref, "kind", "Service") == "Service"
	targets.usable(ref)
}
