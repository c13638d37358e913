# METADATA
# title: Paths that a route asks for
# description: >-
#   Every host and path that an Ingress, an HTTPRoute or a GRPCRoute asks for, and whether it would take requests from
#   another route. Order inside a host: exact, prefix, regular expression; longer first. Source: Higress contract 2.6, 7.
package tollgate.lib.paths

import data.tollgate.lib.annotations
import data.tollgate.lib.host
import data.tollgate.lib.manifest
import data.tollgate.lib.routes

claims contains claim if {
	input.review.kind.kind == "Ingress"
	some i, rule in input.review.object.spec.rules
	host_ := key(object.get(rule, "host", ""))
	some j, path in rule.http.paths
	claim := {
		"host": host_,
		"path": object.get(path, "path", "/"),
		"type": ingress_type(object.get(path, "pathType", "")),
		"field": sprintf("spec.rules[%d].http.paths[%d].path", [i, j]),
	}
}

# app-root answers the bare host with a redirect.
claims contains claim if {
	input.review.kind.kind == "Ingress"
	some annotation in annotations.by_suffix["app-root"]
	some rule in input.review.object.spec.rules
	claim := {"host": key(object.get(rule, "host", "")), "path": "/", "type": "Exact", "field": annotations.field(annotation.key)}
}

# A default backend is served on every host of the Ingress, after all paths.
claims contains {"host": "*", "path": "/", "type": "Prefix", "field": "spec.defaultBackend"} if {
	input.review.kind.kind == "Ingress"
	manifest.set(input.review.object.spec, "defaultBackend")
}

claims contains claim if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	some name in names
	some i, rule in input.review.object.spec.rules
	some match in matches(rule)
	claim := object.union(match.path, {"host": key(name), "field": sprintf("spec.rules[%d]%s", [i, match.field])})
}

# hosts are the hosts of the claims.
hosts := ({key(object.get(rule, "host", "")) |
	input.review.kind.kind == "Ingress"
	some rule in input.review.object.spec.rules
} | {"*" |
	input.review.kind.kind == "Ingress"
	manifest.set(input.review.object.spec, "defaultBackend")
}) | {key(name) |
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	some name in names
}

# Without hostnames a route has those of its listeners.
names := [name | some name in input.review.object.spec.hostnames] if {
	count(manifest.list(input.review.object.spec, "hostnames")) > 0
} else := [object.get(listener, "hostname", "") |
	some parent in routes.parents
	some listener in routes.listeners(parent)
]

matches(rule) := [{"field": sprintf(".matches[%d]", [i]), "path": path(match)} | some i, match in rule.matches] if {
	count(manifest.list(rule, "matches")) > 0
} else := [{"field": "", "path": {"path": "/", "type": "Prefix"}}]

path(match) := {"path": object.get(match, ["path", "value"], "/"), "type": type_of(object.get(match, ["path", "type"], "PathPrefix"))} if {
	input.review.kind.kind == "HTTPRoute"
}

path(match) := {"path": sprintf("/%s/%s", [service, method]), "type": grpc_type(match)} if {
	input.review.kind.kind == "GRPCRoute"
	service := object.get(match, ["method", "service"], "")
	method := object.get(match, ["method", "method"], "")
	service != ""
	method != ""
} else := {"path": sprintf("/%s", [service]), "type": "Prefix"} if {
	input.review.kind.kind == "GRPCRoute"
	service := object.get(match, ["method", "service"], "")
	service != ""
	grpc_type(match) == "Exact"
} else := {"path": "/", "type": "Regex"} if {
	# One method of every service becomes a regular expression.
	input.review.kind.kind == "GRPCRoute"
	match.method
} else := {"path": "/", "type": "Prefix"} if {
	input.review.kind.kind == "GRPCRoute"
}

grpc_type(match) := type_of(object.get(match, ["method", "type"], "Exact"))

# With use-regex or rewrite-target the path is a regular expression, which is
# looked at last. Taken for a prefix it is refused rather too often.
ingress_type("Exact") := "Exact"

ingress_type(type) := "Prefix" if type != "Exact"

type_of("Exact") := "Exact"

type_of("RegularExpression") := "Regex"

type_of(type) := "Prefix" if not type in {"Exact", "RegularExpression", "Regex"}

type_of("Regex") := "Regex"

# key is the host as routes are looked up by it; * without one.
key(name) := "*" if name in {"", "*"}

key(name) := host.normal(name) if not name in {"", "*"}

# takes holds when the claim would answer requests that the other route answers
# now. What cannot be compared (regular expressions) is taken for the worst.
takes(claim, other) if {
	claim.type == "Exact"
	covers(other, claim)
}

takes(claim, other) if {
	claim.type == "Prefix"
	type_of(object.get(other, "pathType", "")) != "Exact"
	covers(other, claim)
}

takes(claim, other) if {
	claim.type == "Regex"
	type_of(object.get(other, "pathType", "")) == "Regex"
}

covers(other, _) if type_of(object.get(other, "pathType", "")) == "Regex"

covers(other, claim) if plain(other.path) == plain(claim.path)

covers(other, claim) if {
	type_of(object.get(other, "pathType", "")) == "Prefix"
	startswith(plain(claim.path), concat("", [plain(other.path), "/"]))
}

# plain drops the trailing slashes, and case: routes may ignore it.
plain(path_) := trim_right(lower(path_), "/")
