# METADATA
# title: Prices are US dollars per million tokens
# description: >-
#   Price lists write dollars per token, per thousand or per million. A price that is a thousand times too small lets
#   budgets be passed a thousand times; one that is too large stops everybody. It is refused and not warned of, because a
#   warning scrolls by and money does not come back; a price that is meant is marked as such. The bounds are those of
#   `tollgate prices import`, so that no import is refused here.
# custom:
#   id: pricetable-units
#   severity: High
#   remedy: Write US dollars per million tokens, 2.50 for example. If the price is meant, set override to true on it.
#   match:
#     kinds: [{apiGroups: [tollgate.dev], kinds: [PriceTable]}]
#   timeout: 5s
#   parameters: {smallest: "0.0001", largest: "10000", largestPerRequest: "1000"}
package tollgate.baseline.pricetable_units

import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": field}} if {
	input.review.kind.kind == "PriceTable"
	scope.writes
	some [field, msg] in array.slice(suspicious, 0, 20)
}

violation contains {"msg": msg, "details": {"field": "spec.models"}} if {
	input.review.kind.kind == "PriceTable"
	scope.writes
	count(suspicious) > 20
	msg := sprintf("%d more prices look wrong.", [count(suspicious) - 20])
}

# suspicious are the fields of prices that can hardly be meant, and why.
suspicious := [[field, msg] |
	some i, model in input.review.object.spec.models
	not model.override
	not model in before
	some price in prices(model)
	msg := refusal(price, model)
	field := sprintf("spec.models[%d]%s", [i, price.field])
]

# before are the entries that this request leaves as they were.
before := {model | some model in input.review.oldObject.spec.models}

kinds := [
	"input", "output", "cacheRead", "cacheWrite", "reasoning",
	"audioInput", "audioOutput", "imageInput", "imageOutput",
]

prices(model) := array.concat(
	[{"field": concat("", [".", kind]), "value": to_number(value)} |
		some kind in kinds
		value := model[kind]
	],
	array.concat(
		[{"field": sprintf(".tiers[%d].%s", [i, kind]), "value": to_number(value)} |
			some i, tier in model.tiers
			some kind in kinds
			value := tier[kind]
		],
		[{"field": ".perRequest", "value": to_number(model.perRequest)} | model.perRequest],
	),
)

refusal(price, model) := sprintf("$%v per million tokens of %q is too little to be true; it looks like a price per token or per thousand.", [price.value, model.model]) if {
	price.field != ".perRequest"
	price.value > 0
	price.value < to_number(input.parameters.smallest)
}

refusal(price, model) := sprintf("$%v per million tokens of %q is too much to be true.", [price.value, model.model]) if {
	price.field != ".perRequest"
	price.value > to_number(input.parameters.largest)
}

refusal(price, model) := sprintf("$%v per request of %q is too much to be true; perRequest is the price of one request.", [price.value, model.model]) if {
	price.field == ".perRequest"
	price.value > to_number(input.parameters.largestPerRequest)
}
