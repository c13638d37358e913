# METADATA
# title: Every model that a Project allows has a price
# description: >-
#   A model without a price in the organization's price table cannot be called under a budget, and would never show up
#   as money. (A pattern such as gpt-* allows what has a price.)
# custom:
#   id: project-models
#   severity: Medium
#   remedy: Correct the model's name, or ask a platform administrator to price it.
#   referential: true
#   match:
#     kinds: [{apiGroups: [tollgate.dev], kinds: [Project]}]
#   timeout: 2s
package tollgate.baseline.project_models

import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "Project"
	scope.writes
	organization := data.tollgate.namespace_owner[input.review.namespace]
	organization == input.review.object.spec.organization
	table := data.tollgate.organization[organization].priceTable
	unpriced := sort([model | some model in allowed; not data.tollgate.priced[table][model]])
	shown := {model | some model in array.slice(unpriced, 0, 20)}
	some i, group in input.review.object.spec.groups
	some j, model in group.models
	model in shown
	field := sprintf("spec.groups[%d].models[%d]", [i, j])
	msg := sprintf("Model %q has no price in the organization's price table%s.", [model, more(count(unpriced) - 20)])
}

more(n) := sprintf(", nor have %d more", [n]) if n > 0

more(n) := "" if n <= 0

# allowed are the models by name. Those that the project allowed before stay:
# a price that was dropped since is not this request's doing.
allowed := named(input.review.object) - named(object.get(input.review, "oldObject", null))

named(project) := {model |
	some group in project.spec.groups
	some model in group.models
	not endswith(model, "*")
}
