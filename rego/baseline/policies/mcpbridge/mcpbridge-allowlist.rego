# METADATA
# title: Registries lead to allowed addresses
# description: >-
#   Where the administrator lists the hosts and networks that the gateway may call (settings registries.allowed), a
#   registry leads nowhere else.
# custom:
#   id: mcpbridge-allowlist
#   severity: High
#   remedy: Use an allowed host, or ask a platform administrator to add it to registries.allowed of the settings.
#   match:
#     kinds: [{apiGroups: [networking.higress.io], kinds: [McpBridge]}]
package tollgate.baseline.mcpbridge_allowlist

import data.tollgate.lib.address
import data.tollgate.lib.manifest
import data.tollgate.lib.mcpbridge

violation contains {"msg": msg, "details": {"field": field}} if {
	mcpbridge.judged
	count(allowed) > 0
	some entry in mcpbridge.addresses
	not listed(address.host(entry.text))
	field := manifest.field(array.concat(["spec"], entry.path))
	msg := sprintf("%q is not on the list of allowed addresses.", [entry.text])
}

allowed := data.tollgate.settings.registries.allowed

listed(host) if host in allowed

# .example.com allows what is below it, example.com itself too.
listed(host) if {
	address.name(host)
	some suffix in allowed
	startswith(suffix, ".")
	endswith(concat("", [".", host]), suffix)
}

listed(host) if {
	numeric(host)
	some block in allowed
	contains(block, "/")
	net.cidr_contains(block, host)
}

numeric(host) if address.ipv4(host)

numeric(host) if address.ipv6(host)
