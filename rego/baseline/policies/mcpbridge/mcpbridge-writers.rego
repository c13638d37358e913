# METADATA
# title: The McpBridge is the platform's
# description: >-
#   Every plugin and every route reaches the services of the McpBridge, whoever they belong to; its registries are one
#   list, and an entry of the same type and name replaces another's.
# custom:
#   id: mcpbridge-writers
#   severity: Critical
#   remedy: Write a Provider in your own namespace, from which the controller makes the entry, or ask a platform administrator.
#   match:
#     kinds: [{apiGroups: [networking.higress.io], kinds: [McpBridge]}]
#     operations: [CREATE, UPDATE, DELETE]
package tollgate.baseline.mcpbridge_writers

import data.tollgate.lib.subject

violation contains {"msg": msg, "details": {"field": ""}} if {
	input.review.kind.kind == "McpBridge"
	input.review.operation != "DELETE"
	not subject.operator
	msg := "Only platform administrators, Tollgate's controller and the Higress console write a McpBridge."
}

violation contains {"msg": msg, "details": {"field": ""}} if {
	input.review.kind.kind == "McpBridge"
	input.review.operation == "DELETE"
	input.subject.inGateway == true
	not subject.operator
	msg := "Only platform administrators, Tollgate's controller and the Higress console delete the McpBridge."
}
