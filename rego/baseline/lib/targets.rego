# METADATA
# title: What a route may send requests to
# description: Services of the organization's namespaces, Services that their owner granted, and services of the McpBridge that are the organization's.
package tollgate.lib.targets

import data.tollgate.lib.scope

# own_host: the host is a Service of one of the organization's namespaces, or
# the organization's own service of the McpBridge.
own_host(host) if {
	input.subject.organization != ""
	data.tollgate.mcp_service[lower(host)].owner == input.subject.organization
}

own_host(host) if {
	labels := split(trim_suffix(lower(host), "."), ".")
	array.slice(labels, 2, count(labels)) in [["svc"], ["svc", "cluster", "local"]]
	scope.usable_namespace(labels[1])
}

# addresses of the annotation destination, one per line:
# [weight%] host[:port] [subset]. malformed lines have no host.
# A blank line between others is malformed too: Higress's controller breaks down over one. Only the end may be blank.
addresses(value) := [address |
	lines := split(value, "\n")
	some i, line in lines
	not blank_end(lines, i)
	address := parse(line)
]

blank_end(lines, i) if {
	i > 0
	i == count(lines) - 1
	trim_space(lines[i]) == ""
}

# Nor a long one: of lines that do not fit into a buffer the controller reads none, and breaks down over nothing as well.
parse(line) := {"line": line, "host": parts[0][2]} if {
	count(line) <= 1000
	parts := regex.find_all_string_submatch_n(`^[ \t\r]*([0-9]+%[ \t]+)?(?:https?://)?([A-Za-z0-9._-]+)(?::[0-9]{1,5})?(?:[ \t]+[A-Za-z0-9._-]+)?[ \t\r]*$`, line, 1)
	count(parts) == 1
} else := {"line": line}

# own_service: [namespace/]name[:port] of one of the organization's namespaces.
own_service(value) if {
	parts := regex.find_all_string_submatch_n(`^(?:([a-z0-9-]+)/)?[a-z0-9.-]+(?::[a-z0-9-]+)?$`, value, 1)
	namespace := [n | some n in [parts[0][1], input.review.namespace]; n != ""][0]
	scope.usable_namespace(namespace)
}

# own_object: name or namespace/name of one of the organization's namespaces.
own_object(value) if {
	parts := regex.find_all_string_submatch_n(`^(?:([a-z0-9-]+)/)?[a-z0-9.-]+$`, value, 1)
	namespace := [n | some n in [parts[0][1], input.review.namespace]; n != ""][0]
	scope.usable_namespace(namespace)
}

# usable: a reference of Gateway API to an object with a namespace of its own
# or of the organization, or that a ReferenceGrant there allows.
usable(ref) if scope.usable_namespace(object.get(ref, "namespace", input.review.namespace))

usable(ref) if {
	some grant in data.tollgate.granted[input.review.namespace][ref.namespace]
	grant.fromGroup == input.review.kind.group
	grant.fromKind == input.review.kind.kind
	grant.toGroup == object.get(ref, "group", "")
	grant.toKind == object.get(ref, "kind", "Service")
	object.get(grant, "toName", "") in {"", ref.name}
}
