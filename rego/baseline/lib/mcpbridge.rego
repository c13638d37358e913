# METADATA
# title: McpBridge
# description: Every address of a McpBridge, with the field it stands in.
package tollgate.lib.mcpbridge

import data.tollgate.lib.manifest

# judged holds when a McpBridge is written.
judged if {
	input.review.kind.kind == "McpBridge"
	input.review.operation != "DELETE"
	manifest.asserted
}

# addresses are {"path", "text", "owner"}: one for each entry of a comma list. The owner is the organization whose service
# the registry says it is, "" for the platform's.
addresses contains {"path": ["registries", i, "domain"], "text": trim_space(text), "owner": owner(registry)} if {
	some i, registry in input.review.object.spec.registries
	some text in split(registry.domain, ",")
}

addresses contains {"path": ["registries", i, key], "text": trim_space(text), "owner": owner(registry)} if {
	some i, registry in input.review.object.spec.registries
	some key in ["nacosAddressServer", "mcpServerBaseUrl"]
	some text in split(registry[key], ",")
	not trim_space(text) == ""
	not path_only(text)
}

addresses contains {"path": ["proxies", i, "serverAddress"], "text": trim_space(text), "owner": ""} if {
	some i, proxy in input.review.object.spec.proxies
	proxy.serverAddress != ""
	some text in split(proxy.serverAddress, ",")
}

owner(registry) := object.get(registry, ["metadata", "tollgate.dev", "innerMap", "organization"], "")

# A base URL may be a path of the gateway: /mcp-servers.
path_only(text) if {
	startswith(trim_space(text), "/")
	not startswith(trim_space(text), "//")
}
