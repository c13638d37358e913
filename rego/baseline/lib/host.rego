# METADATA
# title: Hosts
# description: >-
#   Hosts as resolvers and Envoy compare them. Names outside ASCII are not translated: they have to be written as the
#   xn-- labels that are sent on the wire, so that nothing here can differ from what a browser makes of them.
package tollgate.lib.host

# normal folds case and drops one trailing dot.
normal(host) := trim_suffix(lower(host), ".")

# valid holds for a normal host: a DNS name of letters, digits and hyphens, with a wildcard in front or not.
valid(host) if {
	count(host) <= 253
	regex.match(`^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`, host)
}
