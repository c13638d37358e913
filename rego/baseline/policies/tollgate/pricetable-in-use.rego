# METADATA
# title: A price table keeps the models in use
# description: >-
#   A model whose price goes can no longer be called under a budget: its callers get refusals that they cannot explain.
# custom:
#   id: pricetable-in-use
#   severity: Medium
#   remedy: Keep the price until no Project allows the model.
#   match:
#     kinds: [{apiGroups: [tollgate.dev], kinds: [PriceTable]}]
#     operations: [UPDATE, DELETE]
#   enforcement: {webhook: Warn, review: Warn}
package tollgate.baseline.pricetable_in_use

violation contains {"msg": msg, "details": {"field": "spec.models"}} if {
	input.review.kind.kind == "PriceTable"
	input.review.operation in {"UPDATE", "DELETE"}
	some model in (names(input.review.oldObject) - kept)
	users := [user |
		some user in data.tollgate.model_users[model]
		table_of(user) == input.review.oldObject.metadata.name
	]
	count(users) > 0
	msg := sprintf("Model %q loses its price, and %d project(s) allow it.", [model, count(users)])
}

kept := names(input.review.object) if input.review.operation != "DELETE"

kept := set() if input.review.operation == "DELETE"

names(table) := {model | some entry in table.spec.models; model := entry.model}

# table_of is the price table of a project, given as namespace/name.
table_of(project) := data.tollgate.organization[organization].priceTable if {
	organization := data.tollgate.namespace_owner[split(project, "/")[0]]
}
