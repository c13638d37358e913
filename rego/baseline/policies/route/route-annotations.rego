# METADATA
# title: Ingresses carry only annotations on the list
# description: >-
#   The gateway takes about a hundred annotations under two prefixes. Those that carry configuration, open or close
#   access, copy or send requests elsewhere, make MCP servers or reach internal routes are not for tenants; the list
#   is settings.routes.annotations. Those that are read into a configuration that all share are for nobody but the
#   platform, in namespaces of no organization either.
# custom:
#   id: route-annotations
#   severity: High
#   remedy: Remove the annotation, or ask a platform administrator to add it to routes.annotations in Tollgate's settings.
#   match:
#     kinds: [{apiGroups: [networking.k8s.io], kinds: [Ingress]}]
#   parameters:
#     # Beginnings of annotations whose values go into what all share: of any namespace, and in front of the guards.
#     shared: [mcp-, rpc-destination-name]
package tollgate.baseline.route_annotations

import data.tollgate.lib.annotations
import data.tollgate.lib.routes
import data.tollgate.lib.scope

violation contains {"msg": msg, "details": {"field": annotations.field(key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	scope.tenant
	some key, annotation in annotations.gateway
	not annotation.suffix in plainly_listed
	not listed(annotation.suffix)
	not by_solver(annotation)
	msg := sprintf("The annotation %q is not one that tenants may set.", [key])
}

violation contains {"msg": msg, "details": {"field": annotations.field(key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	scope.ownerless
	some key, annotation in annotations.gateway
	strings.any_prefix_match(annotation.suffix, input.parameters.shared)
	msg := sprintf("The annotation %q is the platform's: it is read into a configuration that all share.", [key])
}

# Of the ways to balance load two are no such thing. One makes the route an MCP server with sessions in the Redis of all;
# the other sends requests where their connection went to, which is the gateway, round and round. Higress reads the value
# in capitals, of letters that are no capitals of ASCII too.
violation contains {"msg": msg, "details": {"field": annotations.field(a.key), "remedy": "Name another way to balance load, such as round_robin."}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some a in annotations.by_suffix["load-balance"]
	what := unbalanced(upper(trim_space(a.value)))
	msg := sprintf("%q %s.", [a.value, what])
}

unbalanced(way) := "makes an MCP server of the route" if startswith(way, "MCP")
unbalanced("PASSTHROUGH") := "sends requests back to the gateway"

# Higress looks for matches in the names of all annotations, of any prefix, and takes what stands before and behind the
# word: behind a prefix as long as its own, and with one character between. Where there is too little its controller
# breaks down, over and over.
violation contains {"msg": msg, "details": {"field": annotations.field(key), "remedy": "Give the annotation another name."}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some key, _ in input.review.object.metadata.annotations
	contains(key, "match-")
	breaking(key)
	msg := sprintf("Higress's controller breaks down over the name %q.", [key])
}

breaking(key) if {
	[begin, end] := [[at, at + count(word)] |
		some word in ["match-header", "match-pseudo-header", "match-query"]
		at := indexof(key, word)
		at >= 0
	][0]
	cut(begin, end, count(key))
}

cut(begin, _, _) if begin < 11

cut(_, end, length) if end >= length

# plainly_listed are those that are on the list as they stand, as nearly all are.
plainly_listed := {a.suffix |
	some a in annotations.gateway
	a.suffix in data.tollgate.settings.routes.annotations
}

listed(suffix) if {
	some pattern in data.tollgate.settings.routes.annotations
	endswith(pattern, "*")
	startswith(suffix, trim_suffix(pattern, "*"))
}

# cert-manager opens the challenge's path to everybody, and only that.
by_solver(annotation) if {
	annotation.suffix == "whitelist-source-range"
	annotation.value == "0.0.0.0/0,::/0"
	routes.acme_solver
}
