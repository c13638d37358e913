# METADATA
# title: Gateway objects bear their organization's name
# description: >-
#   The label tollgate.dev/organization lets everybody select an organization's gateway objects. It comes from the owner
#   of the namespace; a label that is there is never rewritten (the policy ownership-label judges it), so that what a
#   GitOps tool applies is what it reads back.
# custom:
#   id: mutation-ownership
#   kind: Mutation
#   severity: Low
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
#       - {apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}
#       - {apiGroups: [networking.higress.io], kinds: [McpBridge, Http2Rpc]}
package tollgate.baseline.mutation_ownership

import data.tollgate.lib.gateway
import data.tollgate.lib.manifest

mutation contains {"op": "add", "path": path, "value": input.subject.organization} if {
	input.subject.source == "namespace"
	input.subject.organization != ""
	not labelled
	gateway_object
	path := manifest.pointer(["metadata", "labels", "tollgate.dev/organization"])
}

# A route that moved to another controller's Gateway loses it (the policy ownership-label).
mutation contains {"op": "remove", "path": path} if {
	input.review.operation == "UPDATE"
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	input.subject.source == "namespace"
	label := "tollgate.dev/organization"
	input.review.object.metadata.labels[label] == input.review.oldObject.metadata.labels[label]
	not gateway.served(input.review.object)
	path := manifest.pointer(["metadata", "labels", label])
}

labelled if is_string(input.review.object.metadata.labels["tollgate.dev/organization"])

gateway_object if {
	input.review.kind.kind in {"Ingress", "HTTPRoute", "GRPCRoute"}
	gateway.served(input.review.object)
}

gateway_object if input.review.kind.kind in {"WasmPlugin", "McpBridge", "Http2Rpc"}
