# METADATA
# title: No registry leads into the gateway's machine or its cloud
# description: >-
#   The gateway sends requests, and what a plugin adds to them, wherever the McpBridge points: its own loopback has
#   administration ports, link-local addresses have the cloud's credentials. An address in an unusual form can be read
#   in more than one way, and names such as 127.0.0.1.nip.io resolve to what they say.
# custom:
#   id: mcpbridge-address
#   severity: Critical
#   remedy: Write a host name, an IPv4 address as four decimal numbers, or an IPv6 address, that lies outside the gateway's machine and network link.
#   match:
#     kinds: [{apiGroups: [networking.higress.io], kinds: [McpBridge]}]
#   parameters:
#     # Names, with all below them, that lead to the machine or to a metadata service, or wherever their first part says.
#     names:
#       - localhost
#       - localhost.localdomain
#       - localhost4
#       - localhost6
#       - ip6-localhost
#       - ip6-loopback
#       - broadcasthost
#       - localdomain
#       - host.docker.internal
#       - gateway.docker.internal
#       - host.containers.internal
#       - host.minikube.internal
#       - metadata
#       - metadata.google.internal
#       - metadata.goog
#       - metadata.azure.internal
#       - metadata.azure.com
#       - metadata.tencentyun.com
#       - metadata.platformequinix.com
#       - metadata.packet.net
#       - instance-data
#       - instance-data.ec2.internal
#       - rancher-metadata
#       - nip.io
#       - sslip.io
#       - xip.io
#       - localtest.me
#       - lvh.me
#       - vcap.me
#       - lacolhost.com
#       - rbndr.us
#       - 1u.ms
package tollgate.baseline.mcpbridge_address

import data.tollgate.lib.address
import data.tollgate.lib.manifest
import data.tollgate.lib.mcpbridge

violation contains {"msg": msg, "details": {"field": field}} if {
	mcpbridge.judged
	some text in mcpbridge.others # a name is plain
	not plain(text)
	some entry in mcpbridge.addresses
	entry.text == text
	field := manifest.field(array.concat(["spec"], entry.path))
	msg := sprintf("%q is no address in a plain form.", [entry.text])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	mcpbridge.judged
	some text in mcpbridge.others # a name is no forbidden address
	why := address.forbidden(mcpbridge.hosts[text])
	some entry in mcpbridge.addresses
	entry.text == text
	field := manifest.field(array.concat(["spec"], entry.path))
	msg := sprintf("%q %s.", [entry.text, why])
}

violation contains {"msg": msg, "details": {"field": field}} if {
	mcpbridge.judged
	strings.any_suffix_match([host | some host in mcpbridge.hosts], input.parameters.names)
	some entry in mcpbridge.addresses
	strings.any_suffix_match(concat("", [".", mcpbridge.hosts[entry.text]]), endings)
	field := manifest.field(array.concat(["spec"], entry.path))
	msg := sprintf("%q leads to the gateway's machine or its cloud, or to any address that its name holds.", [entry.text])
}

# endings are those of the names themselves and of what is below them, with a dot in front. A bridge may have hundreds of
# addresses.
endings := [concat("", [".", name]) | some name in input.parameters.names]

plain(text) if {
	not regex.match(`[@\\%\s]`, text)
	address.plain(mcpbridge.hosts[text])
}
