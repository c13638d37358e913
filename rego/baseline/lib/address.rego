# METADATA
# title: Addresses
# description: >-
#   Where a registry of the McpBridge leads. Resolvers read numbers in many ways (0x7f.1, 2130706433, 0177.0.0.1), so an
#   address is four decimal numbers, an IPv6 address that holds no IPv4 address, or a name whose last part begins with a
#   letter. Everything else is not plain, and is refused rather than interpreted.
package tollgate.lib.address

# host takes the host out of what may also have a scheme, a port and a path. It is normal (lower case, no trailing dot).
host(text) := trim_suffix(lower(bare(authority(text))), ".")

authority(text) := regex.split(`[/?#]`, regex.replace(trim_space(text), `^([A-Za-z][A-Za-z0-9+.-]*:)?//`, ""))[0]

bare(text) := regex.find_all_string_submatch_n(`^\[([^\]]*)\](:[0-9]*)?$`, text, 1)[0][1] if startswith(text, "[")

bare(text) := split(text, ":")[0] if {
	not startswith(text, "[")
	strings.count(text, ":") == 1
}

bare(text) := text if {
	not startswith(text, "[")
	strings.count(text, ":") != 1
}

ipv4(host_) if regex.match(`^(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}$`, host_)

ipv6(host_) if {
	contains(host_, ":")
	net.cidr_is_valid(concat("", [host_, "/128"]))
	not embedded(host_)
}

# embedded holds for IPv6 addresses that carry an IPv4 address: mapped, compatible, translated, 6to4, Teredo.
embedded(host_) if regex.match(`[.]`, host_)

embedded(host_) if net.cidr_contains("0.0.0.0/0", host_)

embedded(host_) if {
	some block in ["::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"]
	net.cidr_contains(block, host_)
	not host_ in {"::", "::1"}
}

name(host_) if {
	count(host_) <= 253
	regex.match(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`, host_)
}

plain(host_) if name(host_)

plain(host_) if ipv4(host_)

plain(host_) if ipv6(host_)

# forbidden says why nobody may send traffic there: the machine itself, its link, the cloud's metadata, nowhere.
forbidden(host_) := why if {
	ipv4(host_)
	some [block, why] in [
		["0.0.0.0/8", "is unspecified"],
		["127.0.0.0/8", "is the gateway's own machine"],
		["169.254.0.0/16", "is link-local, where clouds serve credentials"],
		["100.100.100.200/32", "is a cloud's metadata service"],
		["168.63.129.16/32", "is a cloud's metadata service"],
		["192.0.0.192/32", "is a cloud's metadata service"],
		["224.0.0.0/3", "is no address of a host"],
	]
	net.cidr_contains(block, host_)
}

forbidden(host_) := why if {
	ipv6(host_)
	found := [reason |
		some [block, reason] in [
			["::/128", "is unspecified"],
			["::1/128", "is the gateway's own machine"],
			["fe80::/10", "is link-local"],
			["fec0::/10", "is site-local"],
			["ff00::/8", "is no address of a host"],
			["fd00:ec2::/32", "is a cloud's metadata service"],
			["fd20:ce::254/128", "is a cloud's metadata service"],
			["fd00:42::42/128", "is a cloud's metadata service"],
		]
		net.cidr_contains(block, host_)
	]
	why := found[0]
}

# namespaces are the namespaces whose Services or Pods a name may mean: web.acme.svc.cluster.local, web.acme.svc, and
# web.acme, which the gateway's resolver completes.
namespaces(host_) := {parts[i - 1] |
	name(host_)
	parts := split(host_, ".")
	some i, part in parts
	part in {"svc", "pod"}
	i > 1
} | {parts[1] |
	name(host_)
	parts := split(host_, ".")
	count(parts) == 2
}
