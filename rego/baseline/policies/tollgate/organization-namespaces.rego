# METADATA
# title: An organization lists namespaces of its own
# description: >-
#   Every service account of a namespace is a member of the organization that lists it. Those of the gateway, of Tollgate
#   and of Kubernetes are the platform's.
# custom:
#   id: organization-namespaces
#   severity: High
#   remedy: Remove the namespace from spec.namespaces.
#   match:
#     kinds: [{apiGroups: [tollgate.dev], kinds: [Organization]}]
#   enforcement: {webhook: Warn, review: Warn}
#   parameters:
#     # Namespaces of the platform, besides the gateway's.
#     platform: [tollgate-system, kube-system, kube-public, kube-node-lease]
package tollgate.baseline.organization_namespaces

import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": sprintf("spec.namespaces[%d]", [i])}} if {
	input.review.kind.kind == "Organization"
	scope.writes
	some i, namespace in input.review.object.spec.namespaces
	platform(namespace)
	msg := sprintf("The namespace %q is the platform's: its service accounts would be members of the organization.", [namespace])
}

platform(namespace) if namespace == data.tollgate.settings.gateway.namespace

platform(namespace) if namespace in input.parameters.platform
