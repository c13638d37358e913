# METADATA
# title: No registry leads into another organization's namespace
# description: >-
#   Inside the cluster no Gateway API grant and no Ingress bounds what the McpBridge points at. A Service of a namespace
#   that belongs to an organization may only be a service of that organization.
# custom:
#   id: mcpbridge-internal
#   severity: High
#   remedy: Begin the registry's name with the name of the organization whose Service it is (llm-acme-... or acme-...), or use a Service in a namespace of no organization.
#   match:
#     kinds: [{apiGroups: [networking.higress.io], kinds: [McpBridge]}]
#   parameters:
#     # Namespaces whose Services no registry may lead to.
#     refusedNamespaces: [kube-system, kube-public, kube-node-lease]
#     # Services, as <name>.<namespace>, that no registry may lead to.
#     refusedServices: [kubernetes.default]
#     # What may stand before the organization's name in a registry's name.
#     prefixes: ["", "llm-"]
package tollgate.baseline.mcpbridge_internal

import data.tollgate.lib.address
import data.tollgate.lib.manifest
import data.tollgate.lib.mcpbridge

violation contains {"msg": msg, "details": {"field": field}} if {
	mcpbridge.judged
	some entry in mcpbridge.addresses
	some namespace in address.namespaces(address.host(entry.text))
	owner := data.tollgate.namespace_owner[namespace]
	not named_after(entry.registry, owner)
	field := manifest.field(array.concat(["spec"], entry.path))
	msg := sprintf("%q is a Service in a namespace of an organization, and the registry is not named as that organization's.", [entry.text])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	mcpbridge.judged
	some entry in mcpbridge.addresses
	refused(address.host(entry.text))
	field := manifest.field(array.concat(["spec"], entry.path))
	msg := sprintf("%q is a Service of the cluster itself.", [entry.text])
}

named_after(registry, organization) if {
	some prefix in input.parameters.prefixes
	some mark in ["-", "."]
	startswith(registry, concat("", [prefix, organization, mark]))
}

named_after(registry, organization) if {
	some prefix in input.parameters.prefixes
	registry == concat("", [prefix, organization])
}

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
