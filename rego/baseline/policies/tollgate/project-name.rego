# METADATA
# title: A Project's name is free in its organization
# description: >-
#   Budgets, keys and usage are named by organization and project. Of two projects with one name only the older counts.
# custom:
#   id: project-name
#   severity: High
#   remedy: Give the project another name.
#   match:
#     kinds: [{apiGroups: [tollgate.dev], kinds: [Project]}]
#     operations: [CREATE]
package tollgate.baseline.project_name

violation contains {"msg": msg, "details": {"field": "metadata.name"}} if {
	input.review.kind.kind == "Project"
	input.review.operation == "CREATE"
	organization := input.review.object.spec.organization
	data.tollgate.namespace_owner[input.review.namespace] == organization
	other := data.tollgate.project[organization][input.review.object.metadata.name].namespace
	other != input.review.namespace
	msg := sprintf("The organization has a project of this name in namespace %q.", [other])
}
