# METADATA
# title: Regular expressions of routes compile and are small
# description: >-
#   Envoy refuses the routes of all tenants for one expression that does not compile or whose program is too large.
#   Several annotations become expressions: paths with use-regex, rewrite-target or rewrite-path, a canary's header value
#   and cookie, methods, origins with a star. An expression or a prefix of nothing it refuses as well.
# custom:
#   id: route-regex
#   severity: High
#   remedy: Correct the expression (RE2), keep it under 512 characters, and write \p{...} and long counted repetitions as plain characters or with *.
#   match:
#     kinds:
#       - {apiGroups: [networking.k8s.io], kinds: [Ingress]}
#       - {apiGroups: [gateway.networking.k8s.io], kinds: [HTTPRoute, GRPCRoute]}
package tollgate.baseline.route_regex

import data.tollgate.lib.annotations
import data.tollgate.lib.routes

violation contains {"msg": msg, "details": {"field": expression.field}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some expression in array.concat(ingress_expressions, rewritten)
	msg := refusal(expression.value)
}

violation contains {"msg": msg, "details": {"field": expression.field}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	some expression in route_expressions
	msg := refusal(expression.value)
}

# What matches by nothing Envoy refuses too. (A path or a canary of nothing becomes something else.)
violation contains {"msg": "Envoy refuses an empty expression.", "details": {"field": field, "remedy": "Write .* where anything will do."}} if {
	routes.written
	some field in empty
}

# A cookie's name goes into an expression as it stands.
violation contains {"msg": msg, "details": {"field": annotations.field(a.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some suffix in ["canary-by-cookie", "session-cookie-name"]
	some a in annotations.by_suffix[suffix]
	not regex.match(`^[A-Za-z0-9_.-]{1,128}$`, a.value)
	msg := sprintf("%q is no name of a cookie: write letters, digits, hyphens, dots and underscores.", [shortened(a.value)])
}

# Envoy refuses a header or parameter without a name.
violation contains {"msg": msg, "details": {"field": annotations.field(a.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some a in annotations.by_suffix["upstream-hash-by"]
	regex.match(`^\s*\$(http|arg)_`, a.value)
	not regex.match(`^\s*\$(http|arg)_[A-Za-z0-9_.-]{1,128}\s*$`, a.value)
	msg := sprintf("%q names no header or parameter: write $http_<header> or $arg_<parameter>.", [shortened(a.value)])
}

# Methods are joined by | and origins with a star are turned into expressions,
# by rules of the gateway's own: only plain ones are let through.
violation contains {"msg": msg, "details": {"field": annotations.field(a.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some a in annotations.by_suffix["match-method"]
	not regex.match(`^[A-Za-z]+( +[A-Za-z]+)*$`, a.value)
	msg := sprintf("%q is not a list of methods with blanks between them.", [a.value])
}

violation contains {"msg": msg, "details": {"field": annotations.field(a.key)}} if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some a in annotations.by_suffix["cors-allow-origin"]
	some origin in split(a.value, ",")
	not plain_origin(origin)
	msg := sprintf("%q is not an origin such as https://www.acme.example or https://*.acme.example.", [origin])
}

violation contains {"msg": msg, "details": {"field": sprintf("%s.cors.allowOrigins[%d]", [f.field, i])}} if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	some f in routes.filters
	some i, origin in f.filter.cors.allowOrigins
	not plain_origin(origin)
	msg := sprintf("%q is not an origin such as https://www.acme.example or https://*.acme.example.", [origin])
}

plain_origin(origin) if regex.match(`^\s*(\*|([a-zA-Z][a-zA-Z0-9+.-]*://)?(\*|\*?[a-zA-Z0-9._-]+)(:([0-9]+|\*))?/?)?\s*$`, origin)

# The length comes first: nothing else takes long then.
refusal(expression) := "The expression is longer than 512 characters." if {
	count(expression) > 512
} else := sprintf("%q is not a regular expression in RE2's syntax.", [expression]) if {
	not regex.is_valid(expression)
} else := `The expression has \p{...}, which becomes a very large program.` if {
	regex.match(`\\[pP]`, expression)
} else := "The expression counts repetitions of a group: the program multiplies." if {
	regex.match(`\)\{[0-9]`, expression)
} else := "The expression counts more than 1000 repetitions in all." if {
	sum([to_number(n) | some n in counted(expression)]) > 1000
} else := "The expression counts repetitions of a long list of characters: the program multiplies." if {
	sum([steps(found) | some found in counted_lists(expression)]) > 30000
}

# counted are the upper ends of the counted repetitions: {3}, {3,}, {3,9}.
counted(expression) := [upper(found) |
	some found in regex.find_all_string_submatch_n(`\{([0-9]{1,9})(?:,([0-9]{0,9}))?\}`, expression, -1)
]

# counted_lists are the lists of characters that are repeated so: [a-z]{3}. A program has a step or two for each character
# in them, up to six for one beyond ASCII, and a dozen for all that a list leaves out.
counted_lists(expression) := regex.find_all_string_submatch_n(
	`(\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\])\{([0-9]{1,9})(?:,([0-9]{0,9}))?\}`,
	expression, -1,
)

steps([_, list, least, most]) := to_number(upper(["", least, most])) * ((12 + count(list)) + (5 * count(regex.replace(list, `[\x00-\x7f]`, ""))))

upper(found) := found[2] if found[2] != ""

upper(found) := found[1] if found[2] == ""

ingress_expressions := array.concat(
	[{"field": annotations.field(key), "value": a.value} |
		some key, a in annotations.gateway
		regex.match(`^((regex|prefix).*match-.*|canary-by-header-(pattern|value))$`, a.suffix)
	],
	[{"field": sprintf("spec.rules[%d].http.paths[%d].path", [i, j]), "value": path.path} |
		paths_are_expressions
		some i, rule in input.review.object.spec.rules
		some j, path in rule.http.paths
		path.path
	],
)

empty contains annotations.field(key) if {
	input.review.kind.kind == "Ingress"
	routes.ingress
	some key, a in annotations.gateway
	regex.match(`^(regex|prefix).*match-`, a.suffix)
	a.value == ""
}

empty contains expression.field if {
	input.review.kind.kind in {"HTTPRoute", "GRPCRoute"}
	routes.route
	some expression in route_expressions
	expression.value == ""
	not contains(expression.field, ".method.") # a part of an expression
}

# rewritten are the expressions that rewrite-path makes of a path that is none: without the slash at its end.
rewritten := [{"field": sprintf("spec.rules[%d].http.paths[%d].path", [i, j]), "value": sprintf("^%s(/.*)?", [trim_suffix(path.path, "/")])} |
	count(annotations.by_suffix["rewrite-path"]) > 0
	some i, rule in input.review.object.spec.rules
	some j, path in rule.http.paths
	path.pathType != "Exact"
]

paths_are_expressions if {
	some suffix in ["use-regex", "full-path-regex"]
	some a in annotations.by_suffix[suffix]
	a.value != "false"
}

# Any target will do: false is one.
paths_are_expressions if count(annotations.by_suffix["rewrite-target"]) > 0

shortened(text) := text if count(text) <= 80

shortened(text) := concat("", [substring(text, 0, 80), "…"]) if count(text) > 80

route_expressions := array.concat(
	[{"field": sprintf("spec.rules[%d].matches[%d].path.value", [i, j]), "value": match.path.value} |
		some i, rule in input.review.object.spec.rules
		some j, match in rule.matches
		match.path.type == "RegularExpression"
	],
	array.concat(
		[{"field": sprintf("spec.rules[%d].matches[%d].%s[%d].value", [i, j, kind, k]), "value": item.value} |
			some i, rule in input.review.object.spec.rules
			some j, match in rule.matches
			some kind in ["headers", "queryParams"]
			some k, item in match[kind]
			item.type == "RegularExpression"
		],
		[{"field": sprintf("spec.rules[%d].matches[%d].method.%s", [i, j, part]), "value": match.method[part]} |
			input.review.kind.kind == "GRPCRoute"
			some i, rule in input.review.object.spec.rules
			some j, match in rule.matches
			match.method.type == "RegularExpression"
			some part in ["service", "method"]
			match.method[part]
		],
	),
)
