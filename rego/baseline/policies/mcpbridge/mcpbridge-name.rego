# METADATA
# title: Only the McpBridge default counts
# description: >-
#   Higress reads one McpBridge, called default, in its own namespace. Any other is ignored without a word.
# custom:
#   id: mcpbridge-name
#   severity: Medium
#   remedy: Add the registry to the McpBridge default in the gateway's namespace (tenants write a Provider).
#   match:
#     kinds: [{apiGroups: [networking.higress.io], kinds: [McpBridge]}]
package tollgate.baseline.mcpbridge_name

import data.tollgate.lib.mcpbridge

violation contains {"msg": msg, "details": {"field": "metadata.name"}} if {
	mcpbridge.judged
	object.get(input.review.object.metadata, "name", "") != "default"
	msg := "Higress reads only the McpBridge called default: this one does nothing."
}

violation contains {"msg": msg, "details": {"field": "metadata.namespace"}} if {
	mcpbridge.judged
	input.subject.inGateway == false
	msg := "Higress reads the McpBridge only in the gateway's namespace: here it does nothing."
}
