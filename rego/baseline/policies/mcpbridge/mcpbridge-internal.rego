# METADATA
# title: No registry leads into another organization's namespace
# description: >-
#   Inside the cluster no Gateway API grant and no Ingress bounds what the McpBridge points at. A Service of a namespace
#   that belongs to an organization may only be a service of that organization.
# custom:
#   id: mcpbridge-internal
#   severity: High
#   remedy: 'Say in the registry whose Service it is, metadata: {tollgate.dev: {innerMap: {organization: <name>}}}, or use a Service in a namespace of no organization.'
#   match:
#     kinds: [{apiGroups: [networking.higress.io], kinds: [McpBridge]}]
#   parameters:
#     # Namespaces whose Services no registry may lead to.
#     refusedNamespaces: [kube-system, kube-public, kube-node-lease]
#     # Services, as <name>.<namespace>, that no registry may lead to.
#     refusedServices: [kubernetes.default]
package tollgate.baseline.mcpbridge_internal

import data.tollgate.lib.address
import data.tollgate.lib.manifest
import data.tollgate.lib.mcpbridge

violation contains {"msg": msg, "details": {"field": field}} if {
	mcpbridge.judged
	some entry in mcpbridge.addresses
	some namespace in address.namespaces(inside[entry.text])
	data.tollgate.namespace_owner[namespace] != entry.owner
	field := manifest.field(array.concat(["spec"], entry.path))
	msg := sprintf("%q is a Service in a namespace of an organization, and the registry is not that organization's.", [entry.text])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	mcpbridge.judged
	some entry in mcpbridge.addresses
	refused(suspicious[entry.text])
	field := manifest.field(array.concat(["spec"], entry.path))
	msg := sprintf("%q is a Service of the cluster itself.", [entry.text])
}

# inside are the hosts that may mean a Service or a Pod of the cluster (see address.namespaces), by the text of their
# address: a look at the text costs little, and a bridge may have hundreds.
inside := {text: host |
	some text, host in mcpbridge.hosts
	regex.match(`^[^.]+\.[^.]+$|\.(svc|pod)(\.|$)`, host)
}

# suspicious are those that may be refused.
suspicious := mcpbridge.hosts if {
	strings.any_prefix_match([host | some host in mcpbridge.hosts], input.parameters.refusedServices)
} else := inside

refused(host) if {
	some namespace in address.namespaces(host)
	namespace in input.parameters.refusedNamespaces
}

refused(host) if {
	some service in input.parameters.refusedServices
	host == service
}

refused(host) if {
	some service in input.parameters.refusedServices
	startswith(host, concat("", [service, ".svc"]))
}
