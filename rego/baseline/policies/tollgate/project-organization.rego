# METADATA
# title: A Project belongs to the organization of its namespace
# description: >-
#   A Project of another organization would not count: nothing is priced, limited or metered in its name. The refusal is
#   the same whether the organization exists or not.
# custom:
#   id: project-organization
#   severity: High
#   remedy: Correct spec.organization, or ask a platform administrator to add the namespace to the Organization.
#   referential: true
#   match:
#     kinds: [{apiGroups: [tollgate.dev], kinds: [Project]}]
package tollgate.baseline.project_organization

import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": "spec.organization"}} if {
	input.review.kind.kind == "Project"
	scope.writes
	not lists
	msg := sprintf("Namespace %q does not belong to the organization that spec.organization names.", [input.review.namespace])
}

lists if data.tollgate.namespace_owner[input.review.namespace] == input.review.object.spec.organization
