# METADATA
# title: A priority is a whole number of 32 bits
# description: >-
#   The API takes any integer, Higress reads 32 bits: one object that its client cannot read stops the list of all
#   plugins.
# custom:
#   id: wasmplugin-priority
#   severity: High
#   remedy: Write a whole number between -2147483648 and 2147483647.
#   match:
#     kinds: [{apiGroups: [extensions.higress.io], kinds: [WasmPlugin]}]
package tollgate.baseline.wasmplugin_priority

import data.tollgate.lib.manifest

violation contains {"msg": msg, "details": {"field": "spec.priority"}} if {
	input.review.kind.kind == "WasmPlugin"
	manifest.asserted
	manifest.set(input.review.object.spec, "priority")
	not valid(input.review.object.spec.priority)
	msg := "Higress cannot read this priority, and with it the list of plugins."
}

valid(priority) if {
	is_number(priority)
	priority >= -2147483648
	priority <= 2147483647
	priority == round(priority)
}
