# METADATA
# title: Budgets fit into each other
# description: >-
#   The smaller of two limits stops a request, so a group's budget above its project's, or a project's above its
#   organization's, is money that cannot be spent. Budgets are compared if the lower one's period is not the longer.
# custom:
#   id: project-budgets
#   severity: Low
#   remedy: Lower the inner budget or raise the outer one.
#   match:
#     kinds: [{apiGroups: [tollgate.dev], kinds: [Project]}]
#   enforcement: {webhook: Warn, review: Warn}
package tollgate.baseline.project_budgets

import data.tollgate.lib.scope

length := {"Daily": 1, "Weekly": 2, "Monthly": 3, "Total": 4}

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "Project"
	scope.writes
	some i, group in input.review.object.spec.groups
	some key in ["budget", "userBudget"]
	above(group[key], input.review.object.spec.budget)
	field := sprintf("spec.groups[%d].%s.limit", [i, key])
	msg := sprintf("Group %q may spend %s, more than its project (%s).", [group.name, group[key].limit, input.review.object.spec.budget.limit])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "Project"
	scope.writes
	some i, group in input.review.object.spec.groups
	above(group.userBudget, group.budget)
	field := sprintf("spec.groups[%d].userBudget.limit", [i])
	msg := sprintf("One user of group %q may spend %s, more than the group (%s).", [group.name, group.userBudget.limit, group.budget.limit])
}

violation contains {"msg": msg, "details": {"field": "spec.budget.limit"}} if {
	input.review.kind.kind == "Project"
	scope.writes
	name := input.review.object.spec.organization
	data.tollgate.namespace_owner[input.review.namespace] == name
	organization := data.tollgate.organization[name]
	above(input.review.object.spec.budget, {"limit": organization.budget, "period": organization.budgetPeriod})
	msg := sprintf("The project may spend %s, more than its organization.", [input.review.object.spec.budget.limit])
}

above(inner, outer) if {
	to_number(inner.limit) > to_number(outer.limit)
	length[period(inner)] <= length[period(outer)]
}

period(budget) := object.get(budget, "period", "Monthly")
