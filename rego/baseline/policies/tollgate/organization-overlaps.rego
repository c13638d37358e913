# METADATA
# title: Organizations do not overlap
# description: >-
#   Of two organizations that list one namespace, domain or Mimir tenant the older owns it, which is computed when it is
#   used. The younger lists it in vain, and nobody would notice.
# custom:
#   id: organization-overlaps
#   severity: Medium
#   remedy: Remove it from one of the two; who owns it meanwhile is shown in the condition Conflict.
#   match:
#     kinds: [{apiGroups: [tollgate.dev], kinds: [Organization]}]
#   enforcement: {webhook: Warn, review: Warn}
package tollgate.baseline.organization_overlaps

import data.tollgate.lib.host
import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "Organization"
	scope.writes
	some i, namespace in input.review.object.spec.namespaces
	others(data.tollgate.namespace_claims[namespace])
	msg := sprintf("The namespace %q is also another organization's.", [namespace])
	field := sprintf("spec.namespaces[%d]", [i])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "Organization"
	scope.writes
	some i, domain in input.review.object.spec.domains
	others(data.tollgate.domain_claims[host.normal(domain)])
	msg := sprintf("The domain %q overlaps with another organization's.", [domain])
	field := sprintf("spec.domains[%d]", [i])
}

violation contains {"msg": msg, "details": {"field": "spec.mimirTenant"}} if {
	input.review.kind.kind == "Organization"
	scope.writes
	others(data.tollgate.tenant_claims[tenant])
	msg := sprintf("The Mimir tenant %q is also another organization's.", [tenant])
}

others(claimants) if {
	some claimant in claimants
	claimant != input.review.object.metadata.name
}

tenant := value if {
	value := input.review.object.spec.mimirTenant
	value != ""
} else := input.review.object.metadata.name
