# METADATA
# title: Only an organization's own people write its objects
# description: >-
#   Rights in a namespace are often wider than an organization (a shared CI, a view of everything that grew). What the
#   organization owns at the gateway is for its members, their service accounts and its delegates.
# custom:
#   id: requester
#   severity: High
#   remedy: Have a member do it, or ask a platform administrator to list you in spec.members or spec.delegates of the Organization.
#   referential: true
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute, Gateway, ListenerSet, TLSRoute, TCPRoute, UDPRoute]}
#       - {apiGroups: [gateway.networking.x-k8s.io], kinds: [XListenerSet]}
#       - {apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}
#       - {apiGroups: [networking.higress.io], kinds: [McpBridge, Http2Rpc]}
#       - {apiGroups: [tollgate.dev], kinds: [Project]}
#     operations: [CREATE, UPDATE, DELETE]
#   parameters:
#     # Service accounts that solve ACME challenges for everybody, and may write what can do nothing else.
#     solvers: ["system:serviceaccount:cert-manager:cert-manager"]
package tollgate.baseline.requester

import data.tollgate.lib.gateway
import data.tollgate.lib.routes
import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": "metadata.namespace"}} if {
	input.subject.standing == "Stranger"
	input.subject.organization != ""
	gateway_object
	scope.asks
	not solver
	msg := sprintf("You are neither a member nor a delegate of the organization that owns this object in namespace %q.", [input.review.namespace])
}

violation contains {"msg": msg, "details": {
	"field": "metadata.namespace",
	"remedy": "Put the object into a namespace of your organization, or ask a platform administrator.",
}} if {
	input.subject.standing in {"Stranger", "Member", "Delegate"}
	input.subject.inGateway
	input.subject.organization == ""
	gateway_object
	scope.asks
	msg := sprintf("In the gateway's namespace %q, objects that bear no organization are the platform's.", [input.review.namespace])
}

# A certificate manager acts for whoever asked for a certificate, delegate or
# not; the hosts are still the organization's.
solver if {
	input.review.userInfo.username in input.parameters.solvers
	parts := split(input.review.userInfo.username, ":")
	concat(":", ["system:serviceaccounts", parts[2]]) in input.review.userInfo.groups
	routes.acme_solver
	solver_before
}

solver_before if input.review.operation in {"CREATE", "DELETE"}

solver_before if routes.solves(input.review.oldObject)

gateway_object if {
	input.review.kind.kind in {"Ingress", "HTTPRoute", "GRPCRoute", "Gateway", "ListenerSet", "XListenerSet", "TLSRoute", "TCPRoute", "UDPRoute"}
	gateway.judged
}

gateway_object if input.review.kind.kind in {"WasmPlugin", "McpBridge", "Http2Rpc", "Project"}
