# METADATA
# title: McpBridge
# description: Every address of a McpBridge, with the field it stands in.
package tollgate.lib.mcpbridge

import data.tollgate.lib.address
import data.tollgate.lib.manifest

# judged holds when a McpBridge is written.
judged if {
	input.review.kind.kind == "McpBridge"
	input.review.operation != "DELETE"
	manifest.asserted
}

# addresses are {"path", "text", "owner"}: one for each entry of a comma list. The owner is the organization whose service
# the registry says it is, "" for the platform's.
addresses contains {"path": ["registries", i, "domain"], "text": trim_space(text), "owner": owner} if {
	some i, registry in input.review.object.spec.registries
	owner := object.get(registry, ["metadata", "tollgate.dev", "innerMap", "organization"], "")
	some text in split(registry.domain, ",")
}

addresses contains {"path": ["registries", i, key], "text": trim_space(text), "owner": owner} if {
	some i, registry in input.review.object.spec.registries
	some key in ["nacosAddressServer", "mcpServerBaseUrl"]
	owner := object.get(registry, ["metadata", "tollgate.dev", "innerMap", "organization"], "")
	some text in split(registry[key], ",")
	not trim_space(text) == ""
	not path_only(text)
}

addresses contains {"path": ["proxies", i, "serverAddress"], "text": trim_space(text), "owner": ""} if {
	some i, proxy in input.review.object.spec.proxies
	proxy.serverAddress != ""
	some text in split(proxy.serverAddress, ",")
}

# hosts are the hosts of the addresses, by their text; without those that have none. A bridge may have hundreds of
# addresses, and nearly all are plain names.
hosts := object.union({text: text | some text in names}, {text: host | some text in others; host := address.host(text)})

# names are the addresses that are nothing but a name in its normal form, as in address.name: its last part begins with a
# letter, so it is no number in disguise.
names := {entry.text |
	some entry in addresses
	regex.match(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`, entry.text)
	count(entry.text) <= 253
}

# others are all the rest.
others := {entry.text | some entry in addresses} - names

# A base URL may be a path of the gateway: /mcp-servers.
path_only(text) if {
	startswith(trim_space(text), "/")
	not startswith(trim_space(text), "//")
}
